import { type BoundOperation, bindOperations, type Operation } from '../../aws/operation.ts'
import type { OperationName } from '../../aws/sdk-types.ts'
import type { SnsDeps } from './deps.ts'
import { confirmSubscription } from './operations/confirm-subscription.ts'
import { addPermission, removePermission } from './operations/permissions.ts'
import { publishBatch, publishMessage } from './operations/publish.ts'
import {
  getSubscriptionAttributes,
  listSubscriptions,
  listSubscriptionsByTopic,
  setSubscriptionAttributes,
  subscribe,
  unsubscribe,
} from './operations/subscriptions.ts'
import { listTagsForResource, tagResource, untagResource } from './operations/tags.ts'
import {
  createTopic,
  deleteTopic,
  getTopicAttributes,
  listTopics,
  setTopicAttributes,
} from './operations/topics.ts'

type SnsOperationName = OperationName<typeof import('@aws-sdk/client-sns')>

/** Every operation of the SNS API that we answer. Any other is refused by its name. */
export const snsOperations = {
  AddPermission: addPermission,
  ConfirmSubscription: confirmSubscription,
  CreateTopic: createTopic,
  DeleteTopic: deleteTopic,
  GetSubscriptionAttributes: getSubscriptionAttributes,
  GetTopicAttributes: getTopicAttributes,
  ListSubscriptions: listSubscriptions,
  ListSubscriptionsByTopic: listSubscriptionsByTopic,
  ListTagsForResource: listTagsForResource,
  ListTopics: listTopics,
  Publish: publishMessage,
  PublishBatch: publishBatch,
  RemovePermission: removePermission,
  SetSubscriptionAttributes: setSubscriptionAttributes,
  SetTopicAttributes: setTopicAttributes,
  Subscribe: subscribe,
  TagResource: tagResource,
  Unsubscribe: unsubscribe,
  UntagResource: untagResource,
} satisfies Partial<Record<SnsOperationName, Operation<SnsDeps, never, unknown>>>

/** The operations, given what they need. */
export function createSnsOperations(deps: SnsDeps): Record<keyof typeof snsOperations, BoundOperation> {
  return bindOperations(snsOperations, deps)
}
