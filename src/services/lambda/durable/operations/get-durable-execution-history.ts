import type { Operation } from '../../../../aws/operation.ts'
import { readPlace, writePlace } from '../../../../invoke/durable/envelope.ts'
import type { HistoryEvent } from '../../../../invoke/durable/event.ts'
import { PAGE_BYTES_MAX } from '../../../../invoke/durable/limits.ts'
import type { LambdaInput, LambdaOutput } from '../../types.ts'
import type { DurableOperationDeps } from '../deps.ts'
import { invalidMarker, pageSize } from '../paging.ts'
import { showEvent } from '../show.ts'

/** What happened, from the first event on or from the last one back. */
export const getDurableExecutionHistory: Operation<
  DurableOperationDeps,
  LambdaInput<'GetDurableExecutionHistory'>,
  LambdaOutput<'GetDurableExecutionHistory'>
> = async ({ executions }, input, call) => {
  const { Marker, ReverseOrder = false, IncludeExecutionData = false } = input
  const after = Marker ? readPlace(Marker) : undefined
  if (Marker && after === undefined) throw invalidMarker()
  const running = await executions()
  const { id } = await running.find(call, input.DurableExecutionArn ?? '')

  const max = pageSize(input.MaxItems)
  const found = await running.store.events(id, { after, max: max + 1, isNewestFirst: ReverseOrder })
  const events = fitting(found.slice(0, max), IncludeExecutionData)
  return {
    Events: events.map((event) => showEvent(event, IncludeExecutionData)),
    ...(events.length < found.length && { NextMarker: writePlace(events.at(-1)?.id) }),
  }
}

/** A page of large payloads ends early. */
function fitting(events: readonly HistoryEvent[], withData: boolean): readonly HistoryEvent[] {
  if (!withData) return events
  let bytes = 0
  const end = events.findIndex(({ details }, index) => {
    bytes += JSON.stringify(details).length
    return bytes > PAGE_BYTES_MAX && index > 0
  })
  return end < 0 ? events : events.slice(0, end)
}
