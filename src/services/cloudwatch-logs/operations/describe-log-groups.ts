import type { Input } from '../../../aws/sdk-types.ts'
import type { LogsOperation } from '../deps.ts'
import { invalidParameter, unsupported } from '../errors.ts'
import { groupArn, type LogGroup } from '../group.ts'
import { formatToken, isText, parseToken } from '../list-token.ts'
import { groupNameOfArn } from '../lookup.ts'

type DescribeInput = Input<typeof import('@aws-sdk/client-cloudwatch-logs'), 'DescribeLogGroups'>

const PAGE_MAX = 50

export const describeLogGroups: LogsOperation<'DescribeLogGroups'> = async (deps, input, call) => {
  const { logGroupNamePrefix: prefix, logGroupNamePattern: containing } = input
  // Text recorded from AWS.
  if (prefix !== undefined && containing !== undefined)
    throw invalidParameter(
      'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
    )
  refuseLinkedAccounts(input)
  const names = input.logGroupIdentifiers?.map((identifier) =>
    identifier.startsWith('arn:') ? groupNameOfArn(identifier, call) : identifier,
  )
  if (names !== undefined && (prefix ?? containing ?? input.logGroupClass) !== undefined)
    throw invalidParameter('logGroupIdentifiers cannot be combined with other filters.')
  // All groups are of the class STANDARD.
  if ((input.logGroupClass ?? 'STANDARD') !== 'STANDARD') return { logGroups: [] }

  const question = ['DescribeLogGroups', call.accountId, call.region, prefix, containing, names]
  const after = parseToken(input.nextToken, question, isText)
  const limit = input.limit ?? PAGE_MAX
  await deps.ingest.flush()
  const { accountId, region } = call
  const found = await deps.store.listGroups({
    accountId,
    region,
    prefix,
    containing,
    names,
    after,
    limit: limit + 1,
  })
  const page = found.slice(0, limit)
  const nextToken = found.length > limit ? formatToken(question, page.at(-1)?.name) : undefined
  return { logGroups: await described(deps, page, containing !== undefined), ...(nextToken && { nextToken }) }
}

function refuseLinkedAccounts(input: DescribeInput): void {
  if (input.includeLinkedAccounts === true || (input.accountIdentifiers ?? []).length > 0)
    throw unsupported('Listing the log groups of other accounts')
}

/** A search by pattern shows less of each group, on AWS too. */
async function described(
  { store }: Parameters<typeof describeLogGroups>[0],
  groups: readonly LogGroup[],
  isBrief: boolean,
) {
  const bytes = isBrief ? new Map<number, number>() : await store.storedBytes(groups.map(({ id }) => id))
  return groups.map((group) => ({
    logGroupName: group.name,
    creationTime: group.createdAt,
    metricFilterCount: 0,
    arn: `${groupArn(group)}:*`,
    logGroupArn: groupArn(group),
    logGroupClass: 'STANDARD' as const,
    ...(group.retentionDays !== undefined && { retentionInDays: group.retentionDays }),
    ...(!isBrief && {
      storedBytes: bytes.get(group.id) ?? 0,
      deletionProtectionEnabled: group.isDeletionProtected,
    }),
  }))
}
