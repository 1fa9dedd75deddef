import { parseArn } from '../../../aws/arn.ts'
import { DeliveryError } from '../../../aws/ports/delivery.ts'
import type { Input } from '../../../aws/sdk-types.ts'
import type { Call, LogsDeps, LogsOperation } from '../deps.ts'
import {
  crossAccountFunction,
  functionNotExecutable,
  groupNotFound,
  invalidParameter,
  resourceLimitExceeded,
  subscriptionNotFound,
  unsupported,
} from '../errors.ts'
import { compiledPattern } from '../filter-pattern.ts'
import type { GroupKey } from '../group.ts'
import { formatToken, isText, parseToken } from '../list-token.ts'
import { groupNamed } from '../lookup.ts'
import { senderOf } from '../subscriptions/sender.ts'
import { SUBSCRIPTIONS_MAX, type Subscription } from '../subscriptions/subscription.ts'

type PutInput = Input<typeof import('@aws-sdk/client-cloudwatch-logs'), 'PutSubscriptionFilter'>

export const putSubscriptionFilter: LogsOperation<'PutSubscriptionFilter'> = async (deps, input, call) => {
  const { destinationArn = '', filterPattern: pattern = '', filterName: name = '' } = input
  // In AWS's order: it looks at the destination before the log group.
  refuseDestination(destinationArn, input.roleArn, call)
  refuseUnsupported(input)
  compiledPattern(pattern)
  const group = await groupNamed(deps, input.logGroupName ?? '', call)
  await refuseUnreachable(deps, group, destinationArn)

  // What functions wrote before is not for the new subscriber.
  await deps.ingest.flush()
  const { distribution = 'ByLogStream' } = input
  const subscription = { name, pattern, destinationArn, distribution, createdAt: deps.clock.now() }
  const outcome = await deps.store.putSubscription(group, subscription, SUBSCRIPTIONS_MAX)
  if (outcome === 'no such group') throw groupNotFound()
  if (outcome === 'too many') throw resourceLimitExceeded()
  return {}
}

/** What AWS delivers to, and lambdad not yet. They want a role, by which AWS reaches them. */
const STREAMS: Readonly<Record<string, string>> = {
  kinesis: 'Delivery to Kinesis data streams',
  firehose: 'Delivery to Firehose streams',
}

function refuseDestination(text: string, roleArn: string | undefined, { accountId }: Call): void {
  const arn = parseArn(text)
  if (arn === undefined) throw invalidParameter(`destinationArn is no ARN: ${text}`)
  const vendor = arn.service
  if (vendor === 'logs') throw unsupported('Delivery to a destination of CloudWatch Logs')
  const stream = STREAMS[vendor]
  if (stream !== undefined && roleArn === undefined)
    throw invalidParameter(`destinationArn for vendor ${vendor} cannot be used without roleArn`)
  if (stream !== undefined) throw unsupported(stream)
  if (vendor !== 'lambda')
    throw invalidParameter(
      `PutSubscriptionFilter operation cannot work with destinationArn for vendor ${vendor}`,
    )
  if (roleArn !== undefined)
    throw invalidParameter('destinationArn for vendor lambda cannot be used with roleArn')
  if (arn.accountId !== accountId) throw crossAccountFunction()
}

function refuseUnsupported(input: PutInput): void {
  if (input.applyOnTransformedLogs === true) throw unsupported('A log transformer (applyOnTransformedLogs)')
  if (input.fieldSelectionCriteria !== undefined) throw unsupported('fieldSelectionCriteria')
  if (input.emitSystemFields !== undefined) throw unsupported('emitSystemFields')
}

/** AWS calls the function without running it; so does a look at its resource policy. */
async function refuseUnreachable(
  { switchboard }: LogsDeps,
  group: GroupKey,
  functionArn: string,
): Promise<void> {
  const { region } = parseArn(functionArn) ?? {}
  try {
    if (region === group.region && (await switchboard.lambda.check(functionArn, senderOf(group))) === 'ok')
      return
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.isTransient) throw error
  }
  throw functionNotExecutable()
}

const PAGE_MAX = 50

export const describeSubscriptionFilters: LogsOperation<'DescribeSubscriptionFilters'> = async (
  deps,
  input,
  call,
) => {
  const { filterNamePrefix: prefix = '', limit = PAGE_MAX } = input
  const group = await groupNamed(deps, input.logGroupName ?? '', call)
  const question = ['DescribeSubscriptionFilters', group.id, prefix]
  const after = parseToken(input.nextToken, question, isText)
  // A group has so few that all are read.
  const left = (await deps.store.subscriptionsOf(group)).filter(
    ({ name }) => name.startsWith(prefix) && (after === undefined || name > after),
  )
  const page = left.slice(0, limit)
  const nextToken = left.length > limit ? formatToken(question, page.at(-1)?.name) : undefined
  return {
    subscriptionFilters: page.map((subscription) => shown(group, subscription)),
    ...(nextToken && { nextToken }),
  }
}

function shown(group: GroupKey, { name, pattern, destinationArn, distribution, createdAt }: Subscription) {
  return {
    filterName: name,
    logGroupName: group.name,
    filterPattern: pattern,
    destinationArn,
    distribution,
    applyOnTransformedLogs: false,
    creationTime: createdAt,
  }
}

export const deleteSubscriptionFilter: LogsOperation<'DeleteSubscriptionFilter'> = async (
  deps,
  input,
  call,
) => {
  const group = await groupNamed(deps, input.logGroupName ?? '', call)
  // What functions wrote before is for the old subscriber still.
  await deps.ingest.flush()
  if (!(await deps.store.deleteSubscription(group, input.filterName ?? ''))) throw subscriptionNotFound()
  return {}
}
