'use strict'
// On managed instances one process serves several invocations at once: by worker threads, each with connections
// of its own to the Runtime API, and an invocation on each. A thread that ends is replaced; the others go on.

const path = require('node:path')
const { Worker } = require('node:worker_threads')

/** So that a thread whose init fails at once does not keep the processor busy. */
const RESTART_MS = 100

/** @param {NodeJS.ProcessEnv} env */
function startThreads(env) {
  const address = env.LAMBDAD_RUNTIME_SOCKET ?? env.AWS_LAMBDA_RUNTIME_API
  delete env.LAMBDAD_RUNTIME_SOCKET
  const concurrency = Number(env.AWS_LAMBDA_MAX_CONCURRENCY)
  const wanted = Number(env.AWS_LAMBDA_NODEJS_WORKER_COUNT ?? env.LAMBDAD_VCPUS ?? 1)
  const threads = Math.max(1, Math.min(Math.trunc(wanted) || 1, concurrency))
  // Of all threads: whose log lines are long enough for the channel to take them in pieces, waits for the others.
  const lock = new SharedArrayBuffer(4)
  for (let thread = 0; thread < threads; thread++) {
    const slots = Math.floor((concurrency + thread) / threads)
    startThread({ address, slots, lock })
  }
}

function startThread(workerData) {
  const thread = new Worker(path.join(__dirname, 'managed-thread.cjs'), { workerData })
  thread.on('message', () => process.exit(1)) // the Runtime API is gone
  thread.on('error', () => {}) // it has said why, and ends
  thread.on('exit', () => setTimeout(startThread, RESTART_MS, workerData))
}

module.exports = { startThreads }
