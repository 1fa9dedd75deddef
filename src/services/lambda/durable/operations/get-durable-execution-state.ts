import type { Operation } from '../../../../aws/operation.ts'
import { readPlace, writePlace } from '../../../../invoke/durable/envelope.ts'
import type { LambdaInput, LambdaOutput } from '../../types.ts'
import type { DurableOperationDeps } from '../deps.ts'
import { invalidMarker } from '../paging.ts'
import { showOperations } from '../show.ts'

/** The rest of the state that did not fit into the function's event. */
export const getDurableExecutionState: Operation<
  DurableOperationDeps,
  LambdaInput<'GetDurableExecutionState'>,
  LambdaOutput<'GetDurableExecutionState'>
> = async ({ executions }, input, call) => {
  const { DurableExecutionArn: arn = '', CheckpointToken: token = '', Marker, MaxItems } = input
  const after = Marker ? readPlace(Marker) : undefined
  if (Marker && after === undefined) throw invalidMarker()
  const running = await executions()
  const page = await running.state(call, { arn, token }, { after, ...(MaxItems && { max: MaxItems }) })
  return { Operations: showOperations(page.operations), NextMarker: writePlace(page.next) }
}
