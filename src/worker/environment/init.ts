import { callsOf } from './calls.ts'
import { CANNOT_START, failByExit, failStart } from './failure.ts'
import type { Life } from './life.ts'
import { outputOf } from './output.ts'
import type { Run } from './run.ts'
import { CannotStart, type Runtime } from './runtime.ts'

/** Starts the runtime. Its first `next` ends the init. */
export function startInit(life: Life, run: Run): void {
  const time = life.clock.now()
  run.starting = life.parts.startRuntime(callsOf(life, run), outputOf(life.parts, run)).then(
    (runtime) => started(life, run, runtime, time),
    (error) => notStarted(life, run, error, time),
  )
}

function started(life: Life, run: Run, runtime: Runtime, time: number): void {
  run.runtime = runtime
  life.willBeGone(runtime.gone)
  if (run.over) {
    runtime.kill()
    return
  }
  life.chronicle.initStarted(run.phase, time, runtime.version, runtime.restored)
  if (runtime.supervisor !== undefined) {
    run.companions?.extensions.started(runtime.supervisor, (exit) =>
      failByExit(life, run, { ...exit, outOfMemory: runtime.isOutOfMemory(exit) }),
    )
  }
  runtime.ended.then((end) => failByExit(life, run, end))
}

function notStarted(life: Life, run: Run, error: unknown, time: number): void {
  if (!(error instanceof CannotStart)) life.parts.report(error)
  if (run.over) return
  const outcome = error instanceof CannotStart ? error.outcomeFor('') : CANNOT_START
  if (outcome.kind === 'platform-error') {
    // No fault of the function's, so no word in its logs.
    life.giveUp(run, outcome)
    return
  }
  life.chronicle.initStarted(run.phase, time, undefined)
  failStart(life, run, outcome.errorType, error as CannotStart)
}

/** The runtime and its extensions asked for their first event. */
export function endInit(life: Life, run: Run): void {
  const durationMs = life.clock.elapsed() - run.startedAt
  if (run.phase === 'init') life.deadline.clear()
  run.companions?.subscriptions.close()
  life.settle(run, () => {
    const extensions = run.companions?.extensions.records
    life.chronicle.initEnded(run.phase, { status: 'success' }, durationMs, extensions)
    run.runtime?.hold()
    life.deliver(run)
    // While it wakes up.
    run.runtime?.endInit()
  })
}
