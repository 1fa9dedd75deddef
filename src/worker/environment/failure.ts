import type { Outcome } from '../../wire/invocation.ts'
import type { ShutdownReason } from '../extensions/answers.ts'
import type { Exit } from '../launcher/protocol.ts'
import type { Answer } from '../runtime-api/routes.ts'
import type { SandboxEnd } from '../sandbox/running.ts'
import type { Life } from './life.ts'
import type { Event, State } from './lifecycle.ts'
import {
  exited,
  exitMessage,
  extensionExited,
  extensionMessage,
  serviceFailure,
  timedOut,
} from './payloads.ts'
import type { Ending } from './reports.ts'
import type { Run } from './run.ts'
import type { CannotStart } from './runtime.ts'

/** Why a run of the runtime ended, and what its invocation gets for it. */
interface Failure {
  readonly event: Extract<Event, 'initError' | 'timeout' | 'exit'>
  readonly ending: Ending
  readonly outcomeFor: (requestId: string) => Outcome
}

/** An invocation has begun, and is not over. */
const IN_WORK: ReadonlySet<State> = new Set(['invoking', 'responding', 'answered', 'restarting'])

export const CANNOT_START = serviceFailure('The execution environment could not be started.')

/** Its init or its invocation ran past its time. */
export function timeOut(life: Life): void {
  const { timeoutMs } = life.fn
  fail(life, life.run, {
    event: 'timeout',
    ending: { status: 'timeout' },
    outcomeFor: (requestId) => timedOut(requestId, timeoutMs),
  })
}

/** The runtime said that it cannot start. */
export function failInit(life: Life, run: Run, { errorType, bytes: payload }: Answer): void {
  const outcome: Outcome = { kind: 'function-error', payload, errorType }
  fail(life, run, { event: 'initError', ending: { status: 'error', errorType }, outcomeFor: () => outcome })
}

/** There was no process to be had for what the function brought. */
export function failStart(life: Life, run: Run, errorType: string, error: CannotStart): void {
  const ending = { status: 'error', errorType, errorMessage: error.message } as const
  fail(life, run, { event: 'exit', ending, outcomeFor: error.outcomeFor })
}

/** Its process ended, by itself or by the kernel. */
export function failByExit(life: Life, run: Run, end: SandboxEnd): void {
  // An extension inside the runtime that said why it fails takes the runtime along.
  const fatal = run.companions?.extensions.fatalError
  if (fatal !== undefined) {
    failByExtension(life, run, fatal, end)
    return
  }
  const errorType = end.outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError'
  fail(life, run, {
    event: 'exit',
    ending: { status: 'error', errorType, errorMessage: exitMessage(end) },
    outcomeFor: (requestId) => (end.error === undefined ? exited(requestId, end) : CANNOT_START),
  })
}

export function failByExtension(life: Life, run: Run, errorType: string, exit: Exit): void {
  const outcomeFor = (requestId: string) => extensionExited(requestId, errorType, exit)
  const ending = { status: 'error', errorType, errorMessage: extensionMessage(exit) } as const
  fail(life, run, { event: 'exit', ending, outcomeFor })
}

/** The runtime is of no use any more. The next invocation, or the one that waits for its init, starts it again. */
function fail(life: Life, run: Run, { event, ending, outcomeFor }: Failure): void {
  const was = life.state
  if (run.over || !life.move(event)) return
  run.over = true
  life.deadline.clear()
  const { work, clock } = life
  // Timers may be early by a fraction of a millisecond; AWS reports the full time.
  const deadline = event === 'timeout' && work !== undefined ? work.startedAt + life.fn.timeoutMs : 0
  const endedAt = was === 'starting' ? clock.elapsed() : Math.max(clock.elapsed(), deadline)
  const inWork = IN_WORK.has(was)
  if (inWork && event === 'exit') work?.lose(outcomeFor(work.requestId))
  else if (inWork) work?.fail(outcomeFor(work.requestId))
  const tell = () => {
    const inInit = was === 'starting' || was === 'restarting'
    const extensions = run.companions?.extensions.records
    if (inInit) life.chronicle.initEnded(run.phase, ending, endedAt - run.startedAt, extensions)
    if (inWork) life.endWork(run, endedAt, ending)
  }
  const reason = event === 'timeout' ? 'timeout' : 'failure'
  life.settleAfter(run.hasExtensions ? endWithExtensions(run, reason, tell) : run.end().then(tell))
}

/** What listens is told of the failure before all are asked to end. */
async function endWithExtensions(run: Run, reason: ShutdownReason, tell: () => void): Promise<void> {
  await run.starting
  const { runtime } = run
  if (runtime !== undefined) await new Promise<void>((resolve) => runtime.whenDrained(resolve))
  tell()
  await run.shutDown(reason)
  await run.end()
  run.companions?.subscriptions.stop()
}
