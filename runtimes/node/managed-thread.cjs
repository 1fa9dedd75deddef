'use strict'
// One thread of a runtime on managed instances.

const { AsyncLocalStorage } = require('node:async_hooks')
const { parentPort, workerData } = require('node:worker_threads')
const { RuntimeClient } = require('./client.cjs')
const errors = require('./errors.cjs')
const { invokeModern } = require('./invoke.cjs')
const { load, STREAMING } = require('./load.cjs')
const log = require('./log.cjs')

/** A connection that keeps its thread alive: the end of the event loop means nothing here. */
class SlotClient extends RuntimeClient {
  idle() {}

  lost() {
    parentPort.postMessage('lost')
  }
}

/** Whose log lines these are. */
const invocations = new AsyncLocalStorage()

let logError
let initialized = false

/** What nobody caught ends the thread, and with it the invocations that it has. */
function die(what, error) {
  logError(what, error)
  if (initialized) process.exit(1)
  const client = new SlotClient(workerData.address)
  client.failFinally(undefined, errors.report(error), () => process.exit(1))
}

function serve(handler) {
  const invoke = handler[STREAMING] ? require('./stream.cjs').invokeStreaming : invokeModern
  const client = new SlotClient(workerData.address)
  /** The invocation under way on this connection. */
  let current
  const leave = (id) => {
    if (id !== current) return false
    current = undefined
    return true
  }
  const settle = {
    client,
    logError,
    modern: true,
    succeed: (id, result) => {
      if (leave(id)) client.respond(id, result, onInvocation)
    },
    fail: (id, error) => {
      if (!leave(id)) return
      logError('Invoke Error', error)
      client.fail(id, errors.report(error), onInvocation)
    },
    next: (id) => {
      if (leave(id)) client.next(onInvocation)
    },
  }
  const onInvocation = (invocation) => {
    const requestId = invocation.headers['lambda-runtime-aws-request-id']
    const tenantId = invocation.headers['lambda-runtime-aws-tenant-id']
    current = requestId
    invocations.run({ requestId, tenantId }, () => invoke(handler, invocation, settle))
  }
  client.next(onInvocation)
}

async function start(env) {
  log.follow(() => invocations.getStore(), workerData.lock)
  logError = log.patchConsole(env)
  process.on('uncaughtException', (error) => die('Uncaught Exception', error))
  process.on('unhandledRejection', (reason, promise) =>
    die('Unhandled Promise Rejection', new errors.UnhandledPromiseRejection(reason, promise)),
  )
  require('./globals.cjs').provideStreaming(env)
  try {
    const handler = await load(env.LAMBDA_TASK_ROOT, env._HANDLER, true)
    initialized = true
    for (let slot = 0; slot < workerData.slots; slot++) serve(handler)
  } catch (error) {
    die('Uncaught Exception', error)
  }
}

start(process.env)
