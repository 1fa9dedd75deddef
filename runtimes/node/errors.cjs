'use strict'
// Errors as Lambda tells them: to the caller as JSON, to the log, and to X-Ray as a cause.

/** X-Ray's limit on the header with the cause. */
const CAUSE_CHARACTERS_MAX = 64 * 1024

/** The runtime's own errors. Their names are on the prototypes, so that stacks begin with them. */
function errorClass(name) {
  const made = class extends Error {}
  Object.defineProperty(made, 'name', { value: name })
  made.prototype.name = `Runtime.${name}`
  return made
}

const ImportModuleError = errorClass('ImportModuleError')
const HandlerNotFound = errorClass('HandlerNotFound')
const MalformedHandlerName = errorClass('MalformedHandlerName')
const UserCodeSyntaxError = errorClass('UserCodeSyntaxError')
const CallbackHandlerDeprecated = errorClass('CallbackHandlerDeprecated')
const MalformedStreamingHandler = errorClass('MalformedStreamingHandler')
const InvalidStreamingOperation = errorClass('InvalidStreamingOperation')
const NodeJsExit = errorClass('NodeJsExit')
const JSONStringifyError = errorClass('JSONStringifyError')

class UnhandledPromiseRejection extends errorClass('UnhandledPromiseRejection') {
  constructor(reason, promise) {
    super(reason === undefined ? '' : textOf(reason))
    this.reason = reason
    this.promise = promise
  }
}

/** Some values have no text: objects without a prototype, or with a toString that throws. */
function textOf(value) {
  try {
    return String(value)
  } catch {
    return typeof value
  }
}

/** `instanceof` fails for errors of other realms (vm, jest), and for what only looks like one. */
function looksLikeError(value) {
  return (
    value instanceof Error ||
    (typeof value === 'object' &&
      value !== null &&
      typeof value.name === 'string' &&
      typeof value.message === 'string' &&
      typeof value.stack === 'string')
  )
}

/** `{ errorType, errorMessage, trace }`: what the caller of Invoke gets. */
function describe(error) {
  try {
    if (looksLikeError(error)) {
      return {
        errorType: error.name,
        errorMessage: error.message,
        trace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
      }
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] }
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    }
  }
}

/** The parts of a report to the Runtime API. */
function report(error) {
  const described = describe(error)
  return { type: String(described.errorType), body: JSON.stringify(described), cause: causeOf(described) }
}

/** X-Ray's form of it: `{ working_directory, exceptions: [{ type, message, stack }], paths }`, in ASCII. */
function causeOf({ errorType, errorMessage, trace }) {
  const stack = trace.map(frameOf).filter((frame) => frame !== undefined)
  const cause = JSON.stringify({
    working_directory: workingDirectory(),
    exceptions: [{ type: errorType, message: errorMessage, stack }],
    paths: [...new Set(stack.map((frame) => frame.path))],
  })
  if (cause.length > CAUSE_CHARACTERS_MAX) return undefined
  return cause.replace(
    /[^\x20-\x7e]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** `    at label (path:line:column)`, or without the label. */
function frameOf(line) {
  const match = /^\s+at (?:(.*) \()?(.*?):(\d+)(?::\d+)?\)?$/.exec(line)
  return match ? { path: match[2], line: Number(match[3]), label: match[1] ?? 'anonymous' } : undefined
}

/** A handler may have removed the folder it is in. */
function workingDirectory() {
  try {
    return process.cwd()
  } catch {
    return ''
  }
}

/** For the log: a TAB, then JSON with the error's own properties. */
function toLogText(error) {
  try {
    return `\t${JSON.stringify(error, (_key, value) => withProperties(value))}`
  } catch {
    return `\t${JSON.stringify(describe(error))}`
  }
}

function withProperties(value) {
  if (!(value instanceof Error)) return value
  const shown = { errorType: value.name, errorMessage: value.message, code: value.code, ...value }
  if (typeof value.stack === 'string') shown.stack = value.stack.split('\n')
  return shown
}

function intoError(value) {
  return value instanceof Error ? value : new Error(textOf(value))
}

module.exports = {
  CallbackHandlerDeprecated,
  HandlerNotFound,
  ImportModuleError,
  InvalidStreamingOperation,
  JSONStringifyError,
  MalformedHandlerName,
  MalformedStreamingHandler,
  NodeJsExit,
  UnhandledPromiseRejection,
  UserCodeSyntaxError,
  describe,
  intoError,
  report,
  toLogText,
}
