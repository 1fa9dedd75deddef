import type { Outcome } from '../../wire/invocation.ts'
import type { Exit } from '../launcher/protocol.ts'
import { RESPONSE_BYTES_MAX } from '../runtime-api/answers.ts'
import type { SandboxEnd } from '../sandbox/running.ts'

/** What the caller of Invoke gets when the platform, not the handler, makes the error. The texts are AWS's. */
export type FunctionError = Extract<Outcome, { kind: 'function-error' }>

export function platformFailure(requestId: string, errorType: string, message: string): FunctionError {
  return functionError(errorType, { errorType, errorMessage: `RequestId: ${requestId} Error: ${message}` })
}

export function timedOut(requestId: string, timeoutMs: number): FunctionError {
  const seconds = (timeoutMs / 1000).toFixed(2)
  return platformFailure(requestId, 'Sandbox.Timedout', `Task timed out after ${seconds} seconds`)
}

export function exited(requestId: string, end: SandboxEnd): FunctionError {
  const errorType = end.outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError'
  return platformFailure(requestId, errorType, exitMessage(end))
}

/** An extension ended, or said that it does. */
export function extensionExited(requestId: string, errorType: string, exit: Exit): FunctionError {
  return platformFailure(requestId, errorType, extensionMessage(exit))
}

export function extensionMessage(exit: Exit): string {
  return exitWords(exit) ?? 'exit code 0'
}

export function serviceFailure(message: string): Extract<Outcome, { kind: 'platform-error' }> {
  return { kind: 'platform-error', code: 'ServiceException', message }
}

/** A streamed response ended in the middle. */
export function truncatedResponse(requestId: string): FunctionError {
  return platformFailure(requestId, 'Runtime.TruncatedResponse', 'Response truncated')
}

export function responseTooLarge(bytesMax = RESPONSE_BYTES_MAX): FunctionError {
  const errorType = 'Function.ResponseSizeTooLarge'
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${bytesMax} bytes).`
  return functionError(errorType, { errorMessage, errorType })
}

function functionError(errorType: string, body: object): FunctionError {
  return { kind: 'function-error', errorType, payload: Buffer.from(JSON.stringify(body)) }
}

export function exitMessage({ outOfMemory, ...exit }: SandboxEnd): string {
  if (outOfMemory) return 'Runtime exited with error: signal: killed'
  const words = exitWords(exit)
  if (words === undefined) return 'Runtime exited without providing a reason'
  return `Runtime exited with error: ${words}`
}

/** Nothing where it ended well. */
function exitWords({ code, signal }: Exit): string | undefined {
  const name = signal ?? signalInside(code)
  if (name != null) return `signal: ${SIGNAL_WORDS[name] ?? name}`
  return code === 0 ? undefined : `exit status ${code ?? 'unknown'}`
}

/** bwrap and shells report a child that a signal ended as 128 and its number. */
function signalInside(code: number | null | undefined): string | undefined {
  return code == null ? undefined : SIGNALS_BY_NUMBER[code - 128]
}

const SIGNALS_BY_NUMBER: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
  31: 'SIGSYS',
}

/** Go's words for signals: AWS's own supervisor is written in it. */
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGHUP: 'hangup',
  SIGINT: 'interrupt',
  SIGQUIT: 'quit',
  SIGILL: 'illegal instruction',
  SIGTRAP: 'trace/breakpoint trap',
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault (core dumped)',
  SIGPIPE: 'broken pipe',
  SIGALRM: 'alarm clock',
  SIGTERM: 'terminated',
  SIGSYS: 'bad system call',
}
