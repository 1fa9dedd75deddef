'use strict'
// One invocation: event and context in, result or error out.

const errors = require('./errors.cjs')
const log = require('./log.cjs')

/** Without the proxy that functions see (trace.cjs), which is slower to read. */
const variables = process.env

/** What makes the event loop's end mean something: set while a call waits for it. */
const loopEnd = { run: undefined }

/** The fields that come from the environment are read each time, as functions may change them. */
function contextOf(headers, env) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  return {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parseHeader(headers['lambda-runtime-client-context'], 'ClientContext'),
    identity: parseHeader(headers['lambda-runtime-cognito-identity'], 'CognitoIdentity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
    // Where several invocations share a process, its variable cannot tell.
    ...(env.AWS_LAMBDA_MAX_CONCURRENCY !== undefined && { xRayTraceId: headers['lambda-runtime-trace-id'] }),
  }
}

function parseHeader(text, name) {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`)
  }
}

/** Whose log lines these are during one invocation. */
function enter(headers) {
  log.current.requestId = headers['lambda-runtime-aws-request-id']
  log.current.tenantId = headers['lambda-runtime-aws-tenant-id']
}

/** Lambda hands an empty payload to the function as an empty object. */
function parseEvent(body) {
  return body.length === 0 ? {} : JSON.parse(body.utf8Slice())
}

/** What cannot be written as JSON is an error of its own. `undefined`, and what JSON leaves out, is null. */
function serialize(result, modern) {
  try {
    return JSON.stringify(result) ?? 'null'
  } catch {
    const text = 'Unable to stringify response body'
    throw modern ? new errors.JSONStringifyError(text) : new Error(text)
  }
}

/** From Node.js 24 on: what the handler returns, awaited, is the result. */
function invokeModern(handler, { headers, body }, settle) {
  const id = headers['lambda-runtime-aws-request-id']
  loopEnd.run = () => settle.fail(id, new errors.NodeJsExit(EXIT_TEXT))
  const finish = async () => {
    const context = contextOf(headers, variables)
    return serialize(await handler(parseEvent(body), context), true)
  }
  finish().then(
    (result) => settle.succeed(id, result),
    (error) => settle.fail(id, error),
  )
}

const EXIT_TEXT =
  'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes'

/**
 * Up to Node.js 22: a promise, the callback, or context's done, succeed and fail; the first of them counts.
 * A callback's result waits for the event loop to be empty, unless the function says otherwise.
 */
function invokeWithCallbacks(handler, { headers, body }, settle) {
  const id = headers['lambda-runtime-aws-request-id']
  let waitsForEmptyLoop = true
  let called = false

  const succeed = (result) => settle.succeed(id, serialize(result, false))
  const once = (finish) => (error, result) => {
    if (called) return
    finish(error, result)
    called = true
  }
  const isError = (error) => error !== undefined && error !== null
  const done = once((error, result) => (isError(error) ? settle.fail(id, error) : succeed(result)))
  const callback = once((error, result) => {
    if (isError(error)) return settle.fail(id, error)
    if (!waitsForEmptyLoop) return succeed(result)
    const text = serialize(result, false)
    loopEnd.run = () => settle.succeed(id, text)
  })
  // The call is over when nothing is left to run: a handler that never answers has answered null.
  loopEnd.run = () => {
    called = true
    if (isAsyncFunction(handler)) settle.fail(id, new errors.NodeJsExit(EXIT_TEXT))
    else settle.succeed(id, 'null')
  }

  try {
    const context = Object.defineProperty(
      {
        succeed: (result) => done(null, result),
        fail: (error) => done(error ?? 'handled'),
        done,
      },
      'callbackWaitsForEmptyEventLoop',
      {
        get: () => waitsForEmptyLoop,
        set: (value) => {
          waitsForEmptyLoop = value
        },
        enumerable: true,
      },
    )
    const returned = handler(
      parseEvent(body),
      Object.assign(context, contextOf(headers, variables)),
      callback,
    )
    if (typeof returned?.then === 'function') {
      returned.then(context.succeed, context.fail).catch(context.fail)
    }
  } catch (error) {
    callback(error)
  }
}

function isAsyncFunction(handler) {
  return handler.constructor?.name === 'AsyncFunction'
}

module.exports = { contextOf, enter, invokeModern, invokeWithCallbacks, loopEnd, parseEvent }
