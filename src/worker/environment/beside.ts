import { Companions } from '../extensions/companions.ts'
import type { ExternalExtension } from '../extensions/external.ts'
import { failByExtension } from './failure.ts'
import type { Life } from './life.ts'
import { platformFailure } from './payloads.ts'
import type { Run } from './run.ts'
import { CannotStart } from './runtime.ts'

/** What runs beside the runtime, and who listens: made for the first that does. */
export function companionsOf(life: Life, run: Run): Companions {
  if (run.companions !== undefined) return run.companions
  const { fn, clock } = life
  run.companions = new Companions(
    {
      fn,
      clock,
      random: life.parts.random,
      reach: { connect: (port) => run.connect(port) },
      tell: (event) => life.chronicle.tell(event),
      onReady: () => onReady(life, run),
      onFailed: (errorType, exit) => failByExtension(life, run, errorType, exit),
    },
    { closed: run.over || !life.isInInit },
  )
  if (life.initStart !== undefined) run.companions.subscriptions.event(life.initStart)
  return run.companions
}

/** @throws CannotStart for the first that cannot be started */
export function addExternal(life: Life, run: Run, found: readonly ExternalExtension[]): void {
  // That of the run before: this one's comes once it has started.
  life.initStart = undefined
  addExternalTo(companionsOf(life, run), found)
}

/** @throws CannotStart for the first that cannot be started */
export function addExternalTo({ extensions }: Companions, found: readonly ExternalExtension[]): void {
  const { name = '', flaw } = extensions.addExternal(found) ?? {}
  if (flaw === undefined) return
  throw new CannotStart(`the extension ${name} cannot be started`, (requestId) =>
    platformFailure(requestId, 'Extension.LaunchError', flaw.message),
  )
}

function onReady(life: Life, run: Run): void {
  if (!run.asked || run.over) return
  run.asked = false
  life.onNext(run)
}

/**
 * Whether the runtime, which asks for its next event, has to wait for extensions. That it is done is told at
 * once: there are extensions that wait to hear it.
 */
export function mustWaitForExtensions(life: Life, run: Run): boolean {
  if (run.companions === undefined) return false
  const { extensions } = run.companions
  const { isInInit, work, state, chronicle } = life
  if (isInInit) extensions.closeRegistration()
  if ((!isInInit && state !== 'answered') || !extensions.areBusy) return false
  if (run.asked) return true
  run.asked = true
  const at = life.clock.elapsed()
  run.runtime?.whenDrained(() => {
    if (run.over) return
    if (isInInit) chronicle.initRuntimeDone(run.phase, { status: 'success' })
    else if (work !== undefined && work === life.work) chronicle.runtimeDone(work, work.ending, at)
  })
  return true
}
