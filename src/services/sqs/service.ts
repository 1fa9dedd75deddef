import { type BoundOperation, bindOperations, type Operation } from '../../aws/operation.ts'
import type { OperationName } from '../../aws/sdk-types.ts'
import type { SqsDeps } from './deps.ts'
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
} from './operations/change-message-visibility.ts'
import { createQueue } from './operations/create-queue.ts'
import { deleteMessage, deleteMessageBatch } from './operations/delete-message.ts'
import { deleteQueue } from './operations/delete-queue.ts'
import { getQueueUrl } from './operations/get-queue-url.ts'
import { listDeadLetterSourceQueues, listQueues } from './operations/list-queues.ts'
import { cancelMessageMoveTask, listMessageMoveTasks, startMessageMoveTask } from './operations/move-tasks.ts'
import { addPermission, removePermission } from './operations/permissions.ts'
import { purgeQueue } from './operations/purge-queue.ts'
import { getQueueAttributes, setQueueAttributes } from './operations/queue-attributes.ts'
import { receiveMessage } from './operations/receive-message.ts'
import { sendMessage, sendMessageBatch } from './operations/send-message.ts'
import { listQueueTags, tagQueue, untagQueue } from './operations/tags.ts'

type SqsOperationName = OperationName<typeof import('@aws-sdk/client-sqs')>

/** Every operation of the SQS API. */
export const sqsOperations = {
  AddPermission: addPermission,
  CancelMessageMoveTask: cancelMessageMoveTask,
  ChangeMessageVisibility: changeMessageVisibility,
  ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
  CreateQueue: createQueue,
  DeleteMessage: deleteMessage,
  DeleteMessageBatch: deleteMessageBatch,
  DeleteQueue: deleteQueue,
  GetQueueAttributes: getQueueAttributes,
  GetQueueUrl: getQueueUrl,
  ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
  ListMessageMoveTasks: listMessageMoveTasks,
  ListQueues: listQueues,
  ListQueueTags: listQueueTags,
  PurgeQueue: purgeQueue,
  ReceiveMessage: receiveMessage,
  RemovePermission: removePermission,
  SendMessage: sendMessage,
  SendMessageBatch: sendMessageBatch,
  SetQueueAttributes: setQueueAttributes,
  StartMessageMoveTask: startMessageMoveTask,
  TagQueue: tagQueue,
  UntagQueue: untagQueue,
} satisfies Record<SqsOperationName, Operation<SqsDeps, never, unknown>>

/** The operations, given what they need. */
export function createSqsOperations(deps: SqsDeps): Record<keyof typeof sqsOperations, BoundOperation> {
  return bindOperations(sqsOperations, deps)
}
