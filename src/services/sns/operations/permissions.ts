import type { Call } from '../../../aws/operation.ts'
import type { SnsDeps, SnsOperation } from '../deps.ts'
import { invalidParameter } from '../errors.ts'
import { existingTopic } from '../resolve.ts'
import { defaultPolicy, type Topic, topicArn } from '../topic.ts'

interface Policy {
  readonly Statement: object | readonly { readonly Sid?: string }[]
}

/** What AddPermission can permit (SNS API, AddPermission; others are out of its range). */
const ACTIONS = new Set(
  [
    'AddPermission',
    'DeleteTopic',
    'GetTopicAttributes',
    'ListSubscriptionsByTopic',
    'Publish',
    'Receive',
    'RemovePermission',
    'SetTopicAttributes',
    'Subscribe',
  ].map((name) => name.toLowerCase()),
)

export const addPermission: SnsOperation<'AddPermission'> = (deps, input, call) => {
  const { TopicArn, Label: Sid = '', AWSAccountId: accounts = [], ActionName: actions = [] } = input
  if (Sid === '') throw invalidParameter('Label')
  if (actions.length === 0 || !actions.every((name) => ACTIONS.has(name.toLowerCase()))) {
    throw invalidParameter('Policy statement action out of service scope!')
  }
  if (accounts.length === 0 || !accounts.every((id) => /^\d{12}$/.test(id)))
    throw invalidParameter('AWSAccountId')
  const AWS = accounts.map((id) => `arn:aws:iam::${id}:root`)
  return changePolicy(deps, TopicArn, call, 'AddPermission', (statements, topic) => {
    if (statements.some((one) => one.Sid === Sid)) throw invalidParameter('Statement already exists')
    const Action = actions.map((name) => `SNS:${name}`)
    return [...statements, { Sid, Effect: 'Allow', Principal: { AWS }, Action, Resource: topicArn(topic) }]
  })
}

export const removePermission: SnsOperation<'RemovePermission'> = (deps, { TopicArn, Label }, call) =>
  changePolicy(deps, TopicArn, call, 'RemovePermission', (statements) =>
    statements.filter(({ Sid }) => Sid !== Label),
  )

type Statements = readonly { readonly Sid?: string }[]

async function changePolicy(
  { store }: SnsDeps,
  arn: string | undefined,
  call: Call,
  action: string,
  change: (statements: Statements, topic: Topic) => Statements,
): Promise<object> {
  await store.change(async (editor) => {
    const topic = await existingTopic(editor, arn, call, action)
    const policy = JSON.parse(topic.attributes.Policy ?? defaultPolicy(topic)) as Policy
    const Statement = change([policy.Statement].flat() as Statements, topic)
    const Policy = JSON.stringify({ ...policy, Statement })
    await editor.saveTopic({ ...topic, attributes: { ...topic.attributes, Policy } })
  })
  return {}
}
