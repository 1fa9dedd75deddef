'use strict'
// console, as Lambda patches it: one event per call, with time, request id and level; to the framed channel
// where there is one, else to stdout. Written synchronously, so that nothing is lost when the process ends.

const { writeSync } = require('node:fs')
const { format } = require('node:util')
const { intoError, toLogText } = require('./errors.cjs')

/** The order of the levels, and the bits that stand for each in a frame's type. */
const LEVELS = { TRACE: 0x04, DEBUG: 0x08, INFO: 0x0c, WARN: 0x10, ERROR: 0x14, FATAL: 0x18 }
const FRAME_TEXT = 0xa55a0003
const FRAME_JSON = 0xa55a0002
const FRAME_HEAD_BYTES = 16

/** How long to wait when the channel is full and does not block by itself. */
const FULL_PAUSE_MS = 1

/** Whose log lines these are; before the first invocation, nobody's. */
const current = { requestId: undefined, tenantId: undefined }
let whose = () => current
/** Held by the thread that writes, where several threads do. */
let lock

/** For a process with several invocations at once: `find` says whose lines those written now are. */
function follow(find, shared) {
  whose = () => find() ?? current
  lock = new Int32Array(shared)
}

/** Replaces the methods of console. Returns `logError(what, error)` for the runtime's own lines. */
function patchConsole(env) {
  const json = env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON'
  const least = LEVELS[env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()] ?? LEVELS.TRACE
  const fd = env._LAMBDA_TELEMETRY_LOG_FD
  delete env._LAMBDA_TELEMETRY_LOG_FD
  const write = fd === undefined ? writeLine : framesTo(Number(fd), json ? FRAME_JSON : FRAME_TEXT)
  const textOf = json ? jsonOf : lineOf

  const logger = (level) => {
    if (LEVELS[level] < least) return () => {}
    return (message, ...more) => {
      const now = new Date()
      write(level, now, textOf(level, now, message, more))
    }
  }
  console.trace = logger('TRACE')
  console.debug = logger('DEBUG')
  console.info = logger('INFO')
  console.log = console.info
  console.warn = logger('WARN')
  console.error = logger('ERROR')
  console.fatal = logger('FATAL')

  const error = console.error
  return json
    ? (_what, value) => error(intoError(value))
    : (what, value) => error(what, toLogText(intoError(value)))
}

function lineOf(level, now, message, more) {
  return `${now.toISOString()}\t${whose().requestId}\t${level}\t${format(message, ...more)}`
}

function jsonOf(level, now, message, more) {
  const { requestId, tenantId } = whose()
  const record = { timestamp: now.toISOString(), level, requestId }
  if (tenantId !== undefined) record.tenantId = tenantId
  if (more.length === 0) {
    try {
      return JSON.stringify({ ...record, message }, (_key, value) => errorAsObject(value))
    } catch {
      return JSON.stringify({ ...record, message: format(message) })
    }
  }
  const error = [message, ...more].find((value) => value instanceof Error)
  const described = error === undefined ? {} : describeError(error)
  return JSON.stringify({ ...record, message: format(message, ...more), ...described })
}

function errorAsObject(value) {
  return value instanceof Error ? { ...describeError(value), ...value } : value
}

function describeError(error) {
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
  }
}

/** On stdout a line feed ends an event; inside one, a carriage return takes its place. */
function writeLine(_level, _now, text) {
  writeFully(1, Buffer.from(`${text.replace(/\n/g, '\r')}\n`))
}

function framesTo(fd, type) {
  return (level, now, text) => {
    const body = type === FRAME_TEXT ? `${text}\n` : text
    const length = Buffer.byteLength(body)
    const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + length)
    frame.writeUInt32BE((type | LEVELS[level]) >>> 0, 0)
    frame.writeUInt32BE(length, 4)
    frame.writeBigUInt64BE(BigInt(now.getTime()) * 1000n, 8)
    frame.write(body, FRAME_HEAD_BYTES)
    writeFully(fd, frame)
  }
}

let sleeper

/** Longer ones are taken in pieces, between which other threads' lines must not come. */
function writeFully(fd, bytes) {
  if (lock === undefined) return writePieces(fd, bytes)
  while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) Atomics.wait(lock, 0, 1, FULL_PAUSE_MS)
  try {
    writePieces(fd, bytes)
  } finally {
    Atomics.store(lock, 0, 0)
    Atomics.notify(lock, 0, 1)
  }
}

/** All of it, whatever the descriptor takes at a time. Where the other end is closed, it is lost. */
function writePieces(fd, bytes) {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      if (error.code !== 'EAGAIN') return
      sleeper ??= new Int32Array(new SharedArrayBuffer(4))
      Atomics.wait(sleeper, 0, 0, FULL_PAUSE_MS)
    }
  }
}

module.exports = { current, follow, patchConsole }
