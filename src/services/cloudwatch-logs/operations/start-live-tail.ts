import type { Input } from '../../../aws/sdk-types.ts'
import type { Call, LogsDeps, LogsOperation } from '../deps.ts'
import { invalidParameter, sessionTimedOut, tooManySessions } from '../errors.ts'
import { compiledPattern } from '../filter-pattern.ts'
import type { LiveTailEvent, LiveTailSession } from '../live-tail.ts'
import { groupNamed, groupNameOfArn } from '../lookup.ts'

type TailInput = Input<typeof import('@aws-sdk/client-cloudwatch-logs'), 'StartLiveTail'>

const UPDATE_EVERY_MS = 1000
const SESSION_MS = 3 * 3_600_000

export const startLiveTail: LogsOperation<'StartLiveTail'> = async (deps, input, call) => {
  refuseContradictions(input)
  const matchesMessage = compiledPattern(input.logEventFilterPattern)
  const groups: string[] = []
  for (const identifier of new Set(input.logGroupIdentifiers))
    groups.push((await groupNamed(deps, groupNameOfArn(identifier, call), call)).name)

  const { accountId, region } = call
  const filter = { accountId, region, groups, matchesStream: streamTest(input), matchesMessage }
  const session = deps.liveTails.open(filter)
  if (session === undefined) throw tooManySessions()
  // A client that goes before it has read anything leaves the stream below unstarted.
  call.signal.addEventListener('abort', () => deps.liveTails.close(session), { once: true })
  if (call.signal.aborted) deps.liveTails.close(session)
  return { responseStream: updates(deps, session, input, call) }
}

function refuseContradictions(input: TailInput): void {
  const { logStreamNames: names, logStreamNamePrefixes: prefixes } = input
  if (names !== undefined && prefixes !== undefined)
    throw invalidParameter('logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.')
  if ((names ?? prefixes) !== undefined && (input.logGroupIdentifiers ?? []).length > 1)
    throw invalidParameter('Log streams can be chosen only where a single log group is specified.')
}

function streamTest({ logStreamNames, logStreamNamePrefixes }: TailInput): (stream: string) => boolean {
  if (logStreamNames !== undefined) return (stream) => logStreamNames.includes(stream)
  if (logStreamNamePrefixes !== undefined)
    return (stream) => logStreamNamePrefixes.some((prefix) => stream.startsWith(prefix))
  return () => true
}

async function* updates(deps: LogsDeps, session: LiveTailSession, input: TailInput, call: Call) {
  const endsAt = deps.clock.now() + SESSION_MS
  try {
    yield { sessionStart: sessionStart(deps, input, call) }
    while (deps.clock.now() < endsAt) {
      await deps.clock.sleep(UPDATE_EVERY_MS, call.signal)
      yield { sessionUpdate: sessionUpdate(session, call) }
    }
  } catch (error) {
    if (call.signal.aborted) return
    throw error
  } finally {
    deps.liveTails.close(session)
  }
  throw sessionTimedOut()
}

function sessionStart({ random }: LogsDeps, input: TailInput, call: Call) {
  const { logGroupIdentifiers, logStreamNames, logStreamNamePrefixes, logEventFilterPattern } = input
  return {
    requestId: call.requestId,
    sessionId: random.uuid(),
    ...(logGroupIdentifiers && { logGroupIdentifiers }),
    ...(logStreamNames && { logStreamNames }),
    ...(logStreamNamePrefixes && { logStreamNamePrefixes }),
    ...(logEventFilterPattern !== undefined && { logEventFilterPattern }),
  }
}

/** One comes every second, with or without events. */
function sessionUpdate(session: LiveTailSession, call: Call) {
  const { events, isSampled } = session.take()
  return {
    sessionMetadata: { sampled: isSampled },
    sessionResults: events.map((event) => shown(event, call)),
  }
}

function shown({ group, stream, timestamp, message, ingestedAt }: LiveTailEvent, call: Call) {
  const logGroupIdentifier = `${call.accountId}:${group}`
  return { logGroupIdentifier, logStreamName: stream, message, timestamp, ingestionTime: ingestedAt }
}
