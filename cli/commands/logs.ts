import type { CloudWatchLogsClient, StartLiveTailResponseStream } from '@aws-sdk/client-cloudwatch-logs'
import { realClock } from '../../src/base/clock.ts'
import { parse, UsageError } from '../arguments.ts'
import type { Command } from '../commands.ts'
import { clientConfig, explainedCall } from '../daemon.ts'

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Prints log events of a function (or of a log group, where the name has a slash), oldest first. */
export const logs: Command = async (args, variables) => {
  const own = { follow: 'flag', since: 'text', filter: 'text' } as const
  const { settings, options, positionals } = parse(args, variables, own)
  const [name] = positionals
  if (name === undefined || positionals.length > 1)
    throw new UsageError('logs takes a function or a log group')

  const group = name.includes('/') ? name : `/aws/lambda/${name}`
  const filter = options.filter === undefined ? {} : { filterPattern: String(options.filter) }
  const startTime = realClock.now() - durationOf(String(options.since ?? '10m'))
  const sdk = await import('@aws-sdk/client-cloudwatch-logs')
  // A live tail goes to a host of its own (streaming-…), which a plain endpoint does not have.
  const client = new sdk.CloudWatchLogsClient({ ...(await clientConfig(settings)), disableHostPrefix: true })
  try {
    // The tail begins before the past is read, so that nothing falls between the two; what both have is printed once.
    const live = options.follow ? await tail(sdk, client, { group, ...filter, ...settings }) : []
    const printed = await printPast(sdk, client, { logGroupName: group, startTime, ...filter })
    for await (const { sessionUpdate } of live) {
      for (const event of sessionUpdate?.sessionResults ?? []) if (!printed.delete(keyOf(event))) print(event)
    }
  } catch (error) {
    throw explainedCall(error, settings)
  }
  return 0
}

type Sdk = typeof import('@aws-sdk/client-cloudwatch-logs')

interface Event {
  readonly timestamp?: number | undefined
  readonly message?: string | undefined
  readonly logStreamName?: string | undefined
}

/** How many of the events that were printed last a tail may still bring. */
const REMEMBERED_MAX = 10_000

async function printPast(
  { paginateFilterLogEvents }: Sdk,
  client: CloudWatchLogsClient,
  input: { logGroupName: string; startTime: number; filterPattern?: string },
): Promise<Set<string>> {
  const printed = new Set<string>()
  for await (const { events = [] } of paginateFilterLogEvents({ client }, input)) {
    for (const event of events) {
      print(event)
      printed.add(keyOf(event))
      if (printed.size > REMEMBERED_MAX) printed.delete(printed.values().next().value ?? '')
    }
  }
  return printed
}

async function tail(
  { StartLiveTailCommand }: Sdk,
  client: CloudWatchLogsClient,
  {
    group,
    filterPattern,
    region,
    account,
  }: { group: string; filterPattern?: string; region: string; account: string },
): Promise<AsyncIterable<StartLiveTailResponseStream>> {
  const command = new StartLiveTailCommand({
    logGroupIdentifiers: [`arn:aws:logs:${region}:${account}:log-group:${group}`],
    ...(filterPattern !== undefined && { logEventFilterPattern: filterPattern }),
  })
  const { responseStream } = await client.send(command)
  if (responseStream === undefined) throw new Error('the live tail has no events')
  return responseStream
}

function keyOf({ timestamp, message, logStreamName }: Event): string {
  return `${timestamp} ${logStreamName} ${message}`
}

function print({ timestamp = 0, message = '' }: Event): void {
  const time = new Date(timestamp).toISOString()
  process.stdout.write(`${time} ${message.endsWith('\n') ? message : `${message}\n`}`)
}

/** `10m` in milliseconds. */
function durationOf(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  if (count === undefined)
    throw new UsageError(`--since takes a number with s, m, h or d, not ${JSON.stringify(text)}`)
  return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
}
