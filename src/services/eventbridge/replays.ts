import type { Clock } from '../../base/clock.ts'
import type { Replay } from './archive.ts'
import { busArn, busOfArn } from './bus.ts'
import type { BusEvent } from './event.ts'
import type { Incoming } from './intake.ts'
import type { Due, EventBridgeStore, KeptEvent } from './store.ts'

export interface ReplaysDeps {
  readonly store: EventBridgeStore
  readonly clock: Clock
  readonly takeIn: (incoming: readonly Incoming[]) => Promise<void>
}

/** Events a step, after which the place that was reached is kept. */
const STEP = 100
const REPLAYS_AT_ONCE = 10

/** Takes every running replay one step further; a restart goes on where the last step ended. */
export async function runReplays(deps: ReplaysDeps): Promise<number | undefined> {
  const due = await deps.store.due('replay', deps.clock.now(), REPLAYS_AT_ONCE)
  for (const one of due) await runStep(deps, one)
  return deps.store.nextDue('replay')
}

async function runStep(deps: ReplaysDeps, due: Due<'replay'>): Promise<void> {
  const { resource: replay } = due
  if (replay.state === 'CANCELLING') return end(deps, due, { state: 'CANCELLED' })
  const archive = replay.archiveArn.split('/').pop() ?? ''
  const events = await deps.store.keptEvents(due, archive, {
    from: replay.from,
    to: replay.to,
    limit: STEP,
    ...(replay.reached && { after: replay.reached }),
  })
  const last = events.at(-1)
  if (last === undefined) return end(deps, due, { state: 'COMPLETED' })
  await deps.takeIn(events.map((event) => incomingOf(replay, event)))
  await advance(deps, due, { state: 'RUNNING', reached: { time: last.time, id: last.id } })
}

/** An event keeps its id and time, and says which replay it comes from. */
function incomingOf(replay: Replay, { text }: KeptEvent): Incoming {
  const bus = busOfArn(replay.destinationArn)
  if (bus === undefined) throw new Error(`the replay ${replay.name} leads to no bus`)
  const event: BusEvent = { ...JSON.parse(text), 'replay-name': replay.name }
  return { bus, event, hops: 0, ...(replay.ruleArns.length > 0 && { onlyRules: new Set(replay.ruleArns) }) }
}

function end(deps: ReplaysDeps, due: Due<'replay'>, change: Pick<Replay, 'state'>): Promise<void> {
  return advance(deps, due, { ...change, endedAt: deps.clock.now() })
}

/** Unless it was changed meanwhile, as by CancelReplay: then the next step sees that. */
async function advance(deps: ReplaysDeps, due: Due<'replay'>, change: Partial<Replay>): Promise<void> {
  await deps.store.change(async (editor) => {
    const replay = await editor.findDue('replay', due)
    if (replay === undefined) return
    const isCancelled = replay.state === 'CANCELLING' && change.endedAt === undefined
    const changed = { ...replay, ...change, ...(isCancelled && { state: replay.state }) }
    await editor.save(due, 'replay', changed, change.endedAt === undefined ? deps.clock.now() : undefined)
  })
}

/** The archive's events come from one bus, and go back to that one only, as on AWS. */
export function isSameBus(destinationArn: string, sourceArn: string): boolean {
  const bus = busOfArn(destinationArn)
  return bus !== undefined && busArn(bus, bus.name) === sourceArn
}
