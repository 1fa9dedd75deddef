import type { Outcome } from '../../wire/invocation.ts'
import {
  INVALID_REQUEST_ID,
  invalidTransition,
  RESTORED,
  type Refusal,
  TOO_LARGE,
} from '../runtime-api/answers.ts'
import type { Connection } from '../runtime-api/connection.ts'
import type { Answer, RuntimeCalls, StreamedResponse } from '../runtime-api/routes.ts'
import { addExternal, companionsOf, mustWaitForExtensions } from './beside.ts'
import { failInit } from './failure.ts'
import type { Life } from './life.ts'
import { after, RUNTIME_STATES } from './lifecycle.ts'
import { responseTooLarge } from './payloads.ts'
import type { Run } from './run.ts'
import { StreamedAnswer } from './streamed-answer.ts'
import type { Work } from './work.ts'

/** What a run's runtime says, and what becomes of it. */
export function callsOf(life: Life, run: Run): RuntimeCalls {
  return {
    next: (connection) => next(life, run, connection),
    response: (requestId, answer) => response(life, run, requestId, answer),
    stream: (requestId, contentType) => stream(life, run, requestId, contentType),
    error: (requestId, answer) => error(life, run, requestId, answer),
    restore: () =>
      life.parts.initializationType === 'snap-start'
        ? { text: RESTORED }
        : { refused: invalidTransition(RUNTIME_STATES[life.state], 'RestoreReady') },
    initError: (answer) => initError(life, run, answer),
    closed: (connection) => {
      run.waiting.delete(connection)
      run.companions?.extensions.closed(connection)
    },
    extension: (...call) => companionsOf(life, run).answer(...call),
    external: (found) => addExternal(life, run, found),
  }
}

function next(life: Life, run: Run, connection: Connection): Refusal | undefined {
  if (run.over || after(life.state, 'next') === undefined) {
    return invalidTransition(RUNTIME_STATES[life.state], 'Ready')
  }
  run.waiting.add(connection)
  if (!mustWaitForExtensions(life, run)) life.onNext(run)
  return undefined
}

function response(life: Life, run: Run, requestId: string, answer: Answer): Refusal | undefined {
  const { work } = life
  if (run.over || work?.requestId !== requestId) return INVALID_REQUEST_ID
  if (!life.move('answer')) return invalidTransition(RUNTIME_STATES[life.state], 'InvocationResponse')
  if (answer.tooLarge) return tooLarge(life, work)
  const contentType = answer.contentType ?? 'application/json'
  const outcome: Outcome = { kind: 'success', payload: answer.bytes, contentType }
  work.answer({ status: 'success' }, outcome, life.clock.elapsed())
  return undefined
}

function stream(life: Life, run: Run, requestId: string, contentType: string): StreamedResponse | undefined {
  const { work } = life
  if (run.over || work?.requestId !== requestId || work.stream === undefined) return undefined
  if (!life.move('respond')) return undefined
  work.streamed = new StreamedAnswer(work, work.stream, contentType, life.clock, () => life.move('responded'))
  return work.streamed
}

function error(life: Life, run: Run, requestId: string, answer: Answer): Refusal | undefined {
  const { work } = life
  if (run.over || work?.requestId !== requestId) return INVALID_REQUEST_ID
  if (life.state === 'responding') return work.streamed?.fail(answer)
  if (!life.move('answer')) return invalidTransition(RUNTIME_STATES[life.state], 'InvocationErrorResponse')
  if (answer.tooLarge) return tooLarge(life, work)
  const { errorType, bytes: payload } = answer
  const outcome: Outcome = { kind: 'function-error', payload, errorType }
  const cause = answer.errorCause === undefined ? {} : { errorCause: answer.errorCause }
  work.answer({ status: 'failure', errorType, ...cause }, outcome, life.clock.elapsed())
  return undefined
}

function tooLarge({ clock }: Life, work: Work): Refusal {
  const outcome = responseTooLarge()
  work.answer({ status: 'error', errorType: outcome.errorType }, outcome, clock.elapsed())
  return TOO_LARGE
}

function initError(life: Life, run: Run, answer: Answer): Refusal | undefined {
  if (run.over || after(life.state, 'initError') === undefined) {
    return invalidTransition(RUNTIME_STATES[life.state], 'InitError')
  }
  // The runtime first gets its 202, then its end.
  setImmediate(() => failInit(life, run, answer))
  return undefined
}
