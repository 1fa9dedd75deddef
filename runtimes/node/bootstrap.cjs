'use strict'
// The Node.js runtime: connects to the Runtime API, loads the handler, serves invocations one by one.
// `connect`, `load` and `serve` are separate steps, since a process may be booted before it has a function.

const { RuntimeClient } = require('./client.cjs')
const errors = require('./errors.cjs')
const { provideStreaming } = require('./globals.cjs')
const { enter, invokeModern, invokeWithCallbacks, loopEnd } = require('./invoke.cjs')
const { load, STREAMING } = require('./load.cjs')
const log = require('./log.cjs')
const { setTrace, watchEnvironment } = require('./trace.cjs')

// The exit codes of Lambda's own runtime.
const EXIT_UNHANDLED_REJECTION = 128
const EXIT_UNCAUGHT_EXCEPTION = 129

let client
let logError
/** The invocation under way; `undefined` while there is none. */
let invocationId
/** Its response, where that is streamed. */
let stream
let initialized = false

function connect(env) {
  client ??= new RuntimeClient(env.LAMBDAD_RUNTIME_SOCKET ?? env.AWS_LAMBDA_RUNTIME_API)
  delete env.LAMBDAD_RUNTIME_SOCKET
  process.on('uncaughtException', (error) => die('Uncaught Exception', error, EXIT_UNCAUGHT_EXCEPTION))
  process.on('unhandledRejection', (reason, promise) => {
    const error = new errors.UnhandledPromiseRejection(reason, promise)
    die('Unhandled Promise Rejection', error, EXIT_UNHANDLED_REJECTION)
  })
  process.on('beforeExit', () => {
    const run = loopEnd.run
    loopEnd.run = undefined
    run?.()
  })
}

/** What nobody caught ends the process, once the Runtime API has been told whom it hits. */
function die(what, error, code) {
  logError(what, error)
  const exit = () => process.exit(code)
  if (invocationId === undefined && initialized) exit()
  else if (stream?.headSent) stream.fail(error, exit)
  else client.failFinally(invocationId, errors.report(error), exit)
}

/** Callbacks, and context's done, are gone from Node.js 24 on. It is the function's runtime that decides. */
function isModern(env) {
  const runtime = /nodejs(\d+)/.exec(env.AWS_EXECUTION_ENV ?? '')
  return Number(runtime?.[1] ?? process.versions.node.split('.')[0]) >= 24
}

function serve(handler, modern) {
  initialized = true
  const invoke = handler[STREAMING]
    ? require('./stream.cjs').invokeStreaming
    : modern
      ? invokeModern
      : invokeWithCallbacks
  const settle = {
    client,
    logError,
    modern,
    opened: (opened) => {
      stream = opened
    },
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
    client.idle()
    invocationId = invocation.headers['lambda-runtime-aws-request-id']
    enter(invocation.headers)
    setTrace(invocation.headers['lambda-runtime-trace-id'])
    invoke(handler, invocation, settle)
  }
  client.next(onInvocation)
}

/** False for what comes late, from an invocation that is over. */
function leave(id) {
  if (id !== invocationId) return false
  invocationId = undefined
  stream = undefined
  loopEnd.run = undefined
  return true
}

async function start(env) {
  logError = log.patchConsole(env)
  connect(env)
  const modern = isModern(env)
  provideStreaming(env)
  watchEnvironment()
  try {
    serve(await load(env.LAMBDA_TASK_ROOT, env._HANDLER, modern), modern)
  } catch (error) {
    die('Uncaught Exception', error, EXIT_UNCAUGHT_EXCEPTION)
  }
}

/** Booted before it has a function: all that takes time is done, and nothing that a function could see. */
async function awaitFunction(env) {
  client = new RuntimeClient(env.LAMBDAD_RUNTIME_SOCKET)
  await require('./wait.cjs').warmUp()
  client.awaitFunction((fn) => {
    require('./wait.cjs').become(fn, env)
    start(env)
  })
}

if (process.env.LAMBDAD_AWAITS_FUNCTION !== undefined) awaitFunction(process.env)
else if (process.env.AWS_LAMBDA_MAX_CONCURRENCY !== undefined)
  require('./managed.cjs').startThreads(process.env)
else start(process.env)
