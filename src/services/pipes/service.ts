import { type BoundOperation, bindOperations, type Operation } from '../../aws/operation.ts'
import type { OperationName } from '../../aws/sdk-types.ts'
import type { PipesDeps } from './deps.ts'
import { createPipe, deletePipe, startPipe, stopPipe, updatePipe } from './operations/changes.ts'
import { describePipe, listPipes } from './operations/reading.ts'
import { listTagsForResource, tagResource, untagResource } from './operations/tags.ts'

/** Every operation of the EventBridge Pipes API. */
export const pipesOperations = {
  CreatePipe: createPipe,
  DeletePipe: deletePipe,
  DescribePipe: describePipe,
  ListPipes: listPipes,
  ListTagsForResource: listTagsForResource,
  StartPipe: startPipe,
  StopPipe: stopPipe,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdatePipe: updatePipe,
} satisfies Record<
  OperationName<typeof import('@aws-sdk/client-pipes')>,
  Operation<PipesDeps, never, unknown>
>

/** The operations, given what they need. */
export function createPipesOperations(deps: PipesDeps): Record<keyof typeof pipesOperations, BoundOperation> {
  return bindOperations(pipesOperations, deps)
}
