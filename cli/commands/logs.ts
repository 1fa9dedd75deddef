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
    await printPast(sdk, client, { logGroupName: group, startTime, ...filter })
    if (options.follow) await printLive(sdk, client, { group, filter: filter.filterPattern, ...settings })
  } catch (error) {
    throw explainedCall(error, settings)
  }
  return 0
}

type Sdk = typeof import('@aws-sdk/client-cloudwatch-logs')

async function printPast(
  { paginateFilterLogEvents }: Sdk,
  client: CloudWatchLogsClient,
  input: { logGroupName: string; startTime: number; filterPattern?: string },
): Promise<void> {
  for await (const { events = [] } of paginateFilterLogEvents({ client }, input)) {
    for (const { timestamp, message } of events) print(timestamp, message)
  }
}

async function printLive(
  { StartLiveTailCommand }: Sdk,
  client: CloudWatchLogsClient,
  {
    group,
    filter,
    region,
    account,
  }: { group: string; filter: string | undefined; region: string; account: string },
): Promise<void> {
  const command = new StartLiveTailCommand({
    logGroupIdentifiers: [`arn:aws:logs:${region}:${account}:log-group:${group}`],
    ...(filter !== undefined && { logEventFilterPattern: filter }),
  })
  const { responseStream = [] as unknown as AsyncIterable<StartLiveTailResponseStream> } =
    await client.send(command)
  for await (const { sessionUpdate } of responseStream) {
    for (const { timestamp, message } of sessionUpdate?.sessionResults ?? []) print(timestamp, message)
  }
}

function print(timestamp: number | undefined, message = ''): void {
  const time = new Date(timestamp ?? 0).toISOString()
  process.stdout.write(`${time} ${message.endsWith('\n') ? message : `${message}\n`}`)
}

/** `10m` in milliseconds. */
function durationOf(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  if (count === undefined)
    throw new UsageError(`--since takes a number with s, m, h or d, not ${JSON.stringify(text)}`)
  return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
}
