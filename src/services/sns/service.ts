import { type BoundOperation, bindOperations, type Operation } from '../../aws/operation.ts'
import type { OperationName } from '../../aws/sdk-types.ts'
import type { SnsDeps } from './deps.ts'
import { confirmSubscription } from './operations/confirm-subscription.ts'
import { addPermission, removePermission } from './operations/permissions.ts'
import {
  createPlatformApplication,
  deletePlatformApplication,
  getPlatformApplicationAttributes,
  listPlatformApplications,
  setPlatformApplicationAttributes,
} from './operations/platform-applications.ts'
import {
  createPlatformEndpoint,
  deleteEndpoint,
  getEndpointAttributes,
  listEndpointsByPlatformApplication,
  setEndpointAttributes,
} from './operations/platform-endpoints.ts'
import { publishBatch, publishMessage } from './operations/publish.ts'
import {
  checkIfPhoneNumberIsOptedOut,
  getSMSAttributes,
  getSMSSandboxAccountStatus,
  listPhoneNumbersOptedOut,
  optInPhoneNumber,
  setSMSAttributes,
} from './operations/sms.ts'
import { subscribe } from './operations/subscribe.ts'
import {
  getSubscriptionAttributes,
  listSubscriptions,
  listSubscriptionsByTopic,
  setSubscriptionAttributes,
} from './operations/subscriptions.ts'
import { listTagsForResource, tagResource, untagResource } from './operations/tags.ts'
import {
  createTopic,
  deleteTopic,
  getTopicAttributes,
  listTopics,
  setTopicAttributes,
} from './operations/topics.ts'
import { unsubscribe } from './operations/unsubscribe.ts'

type SnsOperationName = OperationName<typeof import('@aws-sdk/client-sns')>

/** Every operation of the SNS API that we answer. Any other is refused by its name. */
export const snsOperations = {
  AddPermission: addPermission,
  CheckIfPhoneNumberIsOptedOut: checkIfPhoneNumberIsOptedOut,
  ConfirmSubscription: confirmSubscription,
  CreatePlatformApplication: createPlatformApplication,
  CreatePlatformEndpoint: createPlatformEndpoint,
  CreateTopic: createTopic,
  DeleteEndpoint: deleteEndpoint,
  DeletePlatformApplication: deletePlatformApplication,
  DeleteTopic: deleteTopic,
  GetEndpointAttributes: getEndpointAttributes,
  GetPlatformApplicationAttributes: getPlatformApplicationAttributes,
  GetSMSAttributes: getSMSAttributes,
  GetSMSSandboxAccountStatus: getSMSSandboxAccountStatus,
  GetSubscriptionAttributes: getSubscriptionAttributes,
  GetTopicAttributes: getTopicAttributes,
  ListEndpointsByPlatformApplication: listEndpointsByPlatformApplication,
  ListPhoneNumbersOptedOut: listPhoneNumbersOptedOut,
  ListPlatformApplications: listPlatformApplications,
  ListSubscriptions: listSubscriptions,
  ListSubscriptionsByTopic: listSubscriptionsByTopic,
  ListTagsForResource: listTagsForResource,
  ListTopics: listTopics,
  OptInPhoneNumber: optInPhoneNumber,
  Publish: publishMessage,
  PublishBatch: publishBatch,
  RemovePermission: removePermission,
  SetEndpointAttributes: setEndpointAttributes,
  SetPlatformApplicationAttributes: setPlatformApplicationAttributes,
  SetSMSAttributes: setSMSAttributes,
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
