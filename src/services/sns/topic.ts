import { formatArn, parseArn } from '../../aws/arn.ts'
import type { Scope, Tags } from './scope.ts'

export interface TopicAddress extends Scope {
  readonly name: string
}

export interface Topic extends TopicAddress {
  /** Those that were set, in AWS's names: DisplayName, Policy, TracingConfig. */
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Tags
}

export function topicArn({ accountId, region, name }: TopicAddress): string {
  return formatArn({ service: 'sns', region, accountId, resource: name })
}

/** The topic that an ARN names, or undefined where it names none. */
export function topicOfArn(text: string): TopicAddress | undefined {
  const arn = parseArn(text)
  if (arn?.service !== 'sns' || !/^[\w-]{1,256}(?:\.fifo)?$/.test(arn.resource)) return undefined
  return { accountId: arn.accountId, region: arn.region, name: arn.resource }
}

/** The policy that AWS gives a topic: its own account may do everything. */
export function defaultPolicy(topic: TopicAddress): string {
  const actions = [
    'GetTopicAttributes',
    'SetTopicAttributes',
    'AddPermission',
    'RemovePermission',
    'DeleteTopic',
    'Subscribe',
    'ListSubscriptionsByTopic',
    'Publish',
  ]
  return JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: actions.map((action) => `SNS:${action}`),
        Resource: topicArn(topic),
        Condition: { StringEquals: { 'AWS:SourceOwner': topic.accountId } },
      },
    ],
  })
}
