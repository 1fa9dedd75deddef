import type { Operation } from '../../../../aws/operation.ts'
import type { Execution } from '../../../../invoke/durable/execution.ts'
import type { ListWanted } from '../../../../invoke/durable/store.ts'
import { invalidParameter } from '../../errors.ts'
import { findFunction, findVersion } from '../../find.ts'
import { readFunctionName } from '../../function-name.ts'
import type { LambdaInput, LambdaOutput } from '../../types.ts'
import type { DurableOperationDeps } from '../deps.ts'
import { invalidMarker, pageSize } from '../paging.ts'
import { showExecution } from '../show.ts'

/** The newest first, or the oldest with `ReverseOrder`. An alias names the version that it leads to now. */
export const listDurableExecutionsByFunction: Operation<
  DurableOperationDeps,
  LambdaInput<'ListDurableExecutionsByFunction'>,
  LambdaOutput<'ListDurableExecutionsByFunction'>
> = async ({ functions, executions }, input, call) => {
  const { Statuses = [], Marker, DurableExecutionName: name } = input
  if (Statuses.length > 1) throw invalidParameter('Cannot filter by more than one status')
  const after = Marker ? readPosition(Marker) : undefined
  if (Marker && after === undefined) throw invalidMarker()
  const reference = readFunctionName(input.FunctionName ?? '', call, input.Qualifier)
  await findFunction({ functions }, reference.key)
  const version = reference.qualifier && (await findVersion({ functions }, reference)).version

  const max = pageSize(input.MaxItems)
  const found = await (await executions()).store.list({
    accountId: call.accountId,
    region: call.region,
    functionName: reference.key.name,
    version,
    name,
    status: Statuses[0],
    startedAfter: input.StartedAfter?.getTime(),
    startedBefore: input.StartedBefore?.getTime(),
    isOldestFirst: input.ReverseOrder ?? false,
    after,
    max: max + 1,
  })
  const page = found.slice(0, max)
  const last = page.at(-1)
  return {
    DurableExecutions: page.map(showExecution),
    ...(found.length > max && last && { NextMarker: writePosition(last) }),
  }
}

function writePosition({ startedAt, id }: Execution): string {
  return Buffer.from(`${startedAt}/${id}`).toString('base64')
}

function readPosition(marker: string): ListWanted['after'] {
  const { startedAt, id } =
    /^(?<startedAt>\d{1,15})\/(?<id>[\w-]+)$/.exec(Buffer.from(marker, 'base64').toString())?.groups ?? {}
  return startedAt === undefined || id === undefined ? undefined : { startedAt: Number(startedAt), id }
}
