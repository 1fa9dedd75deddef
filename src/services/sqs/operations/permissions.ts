import { partitionOf } from '../../../aws/arn.ts'
import type { SqsInput, SqsOperation } from '../deps.ts'
import { invalidParameterValue, invalidValue, missingParameter, tooManyActions } from '../errors.ts'
import { type Queue, type QueueRecord, queueArn } from '../queue.ts'
import { findQueue } from '../resolve.ts'

/** API reference, "AddPermission". */
const ACTIONS = [
  '*',
  'ChangeMessageVisibility',
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
]
/** AWS SQS Developer Guide, "Limitations of Amazon SQS custom policies". */
const OWNER_ONLY = new Set([
  'AddPermission',
  'CancelMessageMoveTask',
  'CreateQueue',
  'DeleteQueue',
  'ListMessageMoveTasks',
  'ListQueues',
  'ListQueueTags',
  'RemovePermission',
  'SetQueueAttributes',
  'StartMessageMoveTask',
  'TagQueue',
  'UntagQueue',
])
const ACTIONS_MAX = 7

interface Statement {
  readonly Sid?: string
}
interface Policy {
  readonly Statement: readonly Statement[]
}

export const addPermission: SqsOperation<'AddPermission'> = async (deps, input, call) => {
  const { Label: label = '', Actions: actions = [], AWSAccountIds: accounts = [] } = input
  checkPermission(input)
  const queue = await findQueue(deps, input.QueueUrl, call, undefined)
  const statement = statementOf(queue, label, actions, accounts)
  await deps.store.changeQueue(queue.id, (record) => {
    const policy = policyOf(record)
    if (policy.Statement.some(({ Sid }) => Sid === label))
      throw invalidValue(label, 'Label', 'Already exists.')
    return withPolicy(record, { ...policy, Statement: [...policy.Statement, statement] })
  })
  return {}
}

export const removePermission: SqsOperation<'RemovePermission'> = async (deps, input, call) => {
  const { Label: label = '' } = input
  const queue = await findQueue(deps, input.QueueUrl, call, undefined)
  await deps.store.changeQueue(queue.id, (record) => {
    const policy = policyOf(record)
    const left = policy.Statement.filter(({ Sid }) => Sid !== label)
    if (left.length === policy.Statement.length) throw invalidValue(label, 'Label', "can't find label.")
    return withPolicy(record, { ...policy, Statement: left })
  })
  return {}
}

function checkPermission({ Label, Actions = [], AWSAccountIds = [] }: SqsInput<'AddPermission'>): void {
  if (!/^[\w-]{1,80}$/.test(Label ?? ''))
    throw invalidParameterValue(
      'A label can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    )
  if (Actions.length === 0) throw missingParameter('Actions')
  if (Actions.length > ACTIONS_MAX) throw tooManyActions(Actions.length, ACTIONS_MAX)
  const unknown = Actions.find((action) => !ACTIONS.includes(action))
  if (unknown !== undefined)
    throw invalidValue(
      `SQS:${unknown}`,
      'ActionName',
      OWNER_ONLY.has(unknown)
        ? 'Only the queue owner is allowed to invoke this action.'
        : 'Please refer to the appropriate WSDL for a list of valid actions.',
    )
  if (AWSAccountIds.length === 0 || AWSAccountIds.some((account) => !/^\d{12}$/.test(account)))
    throw invalidValue(JSON.stringify(AWSAccountIds), 'PrincipalId', 'Unable to verify.')
}

/** As recorded from AWS: one value stands for itself, several are a list. */
function statementOf(
  { arn, region }: Queue,
  label: string,
  actions: readonly string[],
  accounts: readonly string[],
) {
  const one = <Value>(values: readonly Value[]) => (values.length === 1 ? values[0] : values)
  return {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: one(accounts.map((account) => `arn:${partitionOf(region)}:iam::${account}:root`)) },
    Action: one(actions.map((action) => `SQS:${action}`)),
    Resource: arn,
  }
}

function policyOf(record: QueueRecord): Policy {
  const { Policy: text } = record.attributes
  if (text === undefined)
    return { Version: '2008-10-17', Id: `${queueArn(record)}/SQSDefaultPolicy`, Statement: [] } as Policy
  const { Statement = [], ...rest } = JSON.parse(text)
  return { ...rest, Statement: Array.isArray(Statement) ? Statement : [Statement] }
}

function withPolicy({ attributes }: QueueRecord, policy: Policy): Pick<QueueRecord, 'attributes'> {
  const { Policy: _, ...others } = attributes
  return {
    attributes: policy.Statement.length === 0 ? others : { ...others, Policy: JSON.stringify(policy) },
  }
}
