import type { Input } from '../../../aws/sdk-types.ts'
import type { Call, LogsDeps, LogsOperation } from '../deps.ts'
import { unsupported } from '../errors.ts'
import { groupArn, type LogGroup } from '../group.ts'
import { formatToken, isText, parseToken } from '../list-token.ts'

type ListInput = Input<typeof import('@aws-sdk/client-cloudwatch-logs'), 'ListLogGroups'>

const PAGE_MAX = 50
/** Groups that are looked at for one answer, which then ends with a token and maybe no groups. */
const SCANNED_MAX = 10_000
const SCANNED_AT_ONCE = 500

export const listLogGroups: LogsOperation<'ListLogGroups'> = async (deps, input, call) => {
  refuseUnsupported(input)
  const { logGroupNamePattern: pattern = '', logGroupClass = 'STANDARD', limit = PAGE_MAX } = input
  // All groups are of the class STANDARD.
  if (logGroupClass !== 'STANDARD') return { logGroups: [] }
  const question = ['ListLogGroups', call.accountId, call.region, pattern]
  const after = parseToken(input.nextToken, question, isText)
  await deps.ingest.flush()
  const { groups, rest } = await matching(deps, call, { pattern, after, limit })
  return {
    logGroups: groups.map((group) => ({
      logGroupName: group.name,
      logGroupArn: groupArn(group),
      logGroupClass: 'STANDARD' as const,
    })),
    ...(rest !== undefined && { nextToken: formatToken(question, rest) }),
  }
}

function refuseUnsupported(input: ListInput): void {
  if (input.includeLinkedAccounts === true || (input.accountIdentifiers ?? []).length > 0)
    throw unsupported('Listing the log groups of other accounts')
  if (input.dataSources !== undefined) throw unsupported('Listing log groups by their data sources')
  if (input.logGroupTags !== undefined) throw unsupported('Listing log groups by their tags')
  if (input.fieldIndexNames !== undefined) throw unsupported('Listing log groups by their field indexes')
}

interface Search {
  /** Names with `^` for a beginning and `|` between them: the model lets nothing in that could backtrack. */
  readonly pattern: string
  readonly after: string | undefined
  readonly limit: number
}

/** The next groups, and the name behind which the rest begins. */
async function matching(
  { store }: LogsDeps,
  { accountId, region }: Call,
  { pattern, after, limit }: Search,
): Promise<{ groups: LogGroup[]; rest?: string | undefined }> {
  const regex = new RegExp(pattern)
  const groups: LogGroup[] = []
  let last = after
  for (let scanned = 0; scanned < SCANNED_MAX; scanned += SCANNED_AT_ONCE) {
    const page = await store.listGroups({ accountId, region, after: last, limit: SCANNED_AT_ONCE })
    for (const group of page) {
      if (regex.test(group.name) && groups.push(group) > limit)
        return { groups: groups.slice(0, limit), rest: groups[limit - 1]?.name }
    }
    if (page.length < SCANNED_AT_ONCE) return { groups }
    last = page.at(-1)?.name
  }
  return { groups, rest: last }
}
