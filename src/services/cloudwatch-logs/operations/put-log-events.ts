import type { Input } from '../../../aws/sdk-types.ts'
import { LOG_EVENT_OVERHEAD_BYTES, LOG_MESSAGE_BYTES_MAX, type LogEvent } from '../../../wire/log-event.ts'
import { packBlocks } from '../block.ts'
import type { LogsOperation } from '../deps.ts'
import { invalidParameter, streamNotFound } from '../errors.ts'
import { expiredBefore, type LogGroup } from '../group.ts'
import { findStream, groupNamed } from '../lookup.ts'
import { uploadSequenceToken } from './describe-log-streams.ts'

type LogEvents = Input<typeof import('@aws-sdk/client-cloudwatch-logs'), 'PutLogEvents'>['logEvents']

const BATCH_BYTES_MAX = 1024 * 1024
const HOUR_MS = 3_600_000
const SPAN_MS = 24 * HOUR_MS
const OLDEST_MS = 14 * 24 * HOUR_MS
const NEWEST_MS = 2 * HOUR_MS

export const putLogEvents: LogsOperation<'PutLogEvents'> = async (deps, input, call) => {
  const events = checkedEvents(input.logEvents)
  const group = await groupNamed(deps, input.logGroupName ?? '', call)
  const stream = await findStream(deps, group, input.logStreamName ?? '')

  const now = deps.clock.now()
  const { accepted, rejected } = sorted(events, group, now)
  if (accepted.length > 0) {
    const blocks = packBlocks(accepted)
    const announce = await deps.subscriptions.announcementOf(group, stream.name, blocks)
    const isKept = await deps.store.appendTo(stream.id, { blocks, announce }, now)
    if (!isKept) throw streamNotFound()
    const { accountId, region } = call
    deps.liveTails.publish({ accountId, region, group: group.name, stream: stream.name }, accepted, now)
  }
  return {
    nextSequenceToken: uploadSequenceToken(now),
    ...(rejected && { rejectedLogEventsInfo: rejected }),
    // AWS's own way to say that the events were taken and the entity was not.
    ...(input.entity && { rejectedEntityInfo: { errorType: 'UnsupportedLogGroupType' as const } }),
  }
}

/** The events, or a refusal of all where the batch breaks a rule (API reference, PutLogEvents). */
function checkedEvents(logEvents: LogEvents): LogEvent[] {
  const events: LogEvent[] = []
  let bytes = 0
  let last = 0
  for (const { timestamp = 0, message = '' } of logEvents ?? []) {
    const size = Buffer.byteLength(message) + LOG_EVENT_OVERHEAD_BYTES
    const max = LOG_MESSAGE_BYTES_MAX + LOG_EVENT_OVERHEAD_BYTES
    if (size > max) throw invalidParameter(`Log event too large: ${size} bytes exceeds limit of ${max}`)
    if (timestamp < last)
      throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.')
    last = timestamp
    bytes += size
    events.push({ timestamp, message })
  }
  if (bytes > BATCH_BYTES_MAX)
    throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES_MAX}`)
  if (last - (events[0]?.timestamp ?? 0) > SPAN_MS)
    throw invalidParameter(
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    )
  return events
}

/** Single events are turned away by their time; the rest of the batch is taken. */
function sorted(events: readonly LogEvent[], group: LogGroup, now: number) {
  const countBefore = (time: number) => {
    const index = events.findIndex(({ timestamp }) => timestamp >= time)
    return index === -1 ? events.length : index
  }
  const tooOld = countBefore(now - OLDEST_MS)
  const expired = countBefore(expiredBefore(group, now))
  const tooNew = countBefore(now + NEWEST_MS + 1)
  const rejected = {
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > tooOld && { expiredLogEventEndIndex: expired }),
    ...(tooNew < events.length && { tooNewLogEventStartIndex: tooNew }),
  }
  return {
    accepted: events.slice(Math.max(tooOld, expired), tooNew),
    rejected: Object.keys(rejected).length > 0 ? rejected : undefined,
  }
}
