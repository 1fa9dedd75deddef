import type { Clock } from '../../base/clock.ts'
import { failedIds } from './item-failures.ts'
import type { BatchOutcome, MappedFunctions, Mapping } from './mapping.ts'
import { payloadsOf } from './payloads.ts'
import type { EventSource } from './source.ts'

export interface LaneDeps<Event> {
  readonly mapping: Mapping
  readonly source: EventSource<Event>
  readonly functions: Pick<MappedFunctions, 'invoke'>
  /** Whether an event passes the mapping's filters. */
  readonly passes: (filtered: unknown) => boolean
  readonly clock: Clock
}

/** A batch that was throttled is tried again after so long, then twice, four times … (unverified). */
const RETRY_MS = { first: 250, longest: 10_000 }

/**
 * Takes one batch from the source to the function, and tells the source what became of it. Returns how many
 * events there were: none where nothing came.
 */
export async function runBatch<Event>(
  deps: LaneDeps<Event>,
  signal: AbortSignal,
  onBatch: () => void = () => {},
): Promise<number> {
  const { source, passes } = deps
  const events = await source.read(signal)
  if (events.length === 0) return 0
  onBatch()
  const wanted = events.filter((event) => passes(source.filtered(event)))
  // What the filters turn away counts as handled (Developer Guide, "Lambda event filtering").
  const unwanted = events.filter((event) => !wanted.includes(event))
  if (unwanted.length > 0) await source.settle(unwanted, [])
  for (const part of payloadsOf(source, wanted)) await runPart(deps, part, signal)
  return events.length
}

interface Part<Event> {
  readonly events: readonly Event[]
  readonly payload: Uint8Array
}

async function runPart<Event>(deps: LaneDeps<Event>, part: Part<Event>, signal: AbortSignal): Promise<void> {
  const { mapping, source } = deps
  const outcome = await invokePatiently(deps, part, signal)
  const ids = new Set(part.events.map((event) => source.id(event)))
  const failed = failuresOf(outcome, mapping, ids)
  await source.settle(
    part.events.filter((event) => !failed.has(source.id(event))),
    part.events.filter((event) => failed.has(source.id(event))),
  )
}

function failuresOf(outcome: BatchOutcome, mapping: Mapping, ids: ReadonlySet<string>): ReadonlySet<string> {
  if (outcome.kind !== 'success') return ids
  return mapping.reportsItemFailures ? failedIds(outcome.payload, ids) : new Set()
}

/** Throttled, it waits and tries again, as long as the events are still this poller's. */
async function invokePatiently<Event>(
  { mapping, source, functions, clock }: LaneDeps<Event>,
  { events, payload }: Part<Event>,
  signal: AbortSignal,
): Promise<BatchOutcome> {
  const traceHeader = events.map((event) => source.traceHeader(event)).find((header) => header !== undefined)
  const until = source.retryUntil(events)
  for (let wait = RETRY_MS.first; ; wait = Math.min(2 * wait, RETRY_MS.longest)) {
    const outcome = await functions.invoke(mapping.functionArn, payload, traceHeader)
    if (outcome.kind !== 'throttled' || clock.now() + wait > until || signal.aborted) return outcome
    await clock.sleep(wait, signal).catch(() => {})
  }
}
