import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CloudFormation, CloudFormationServiceException } from '@aws-sdk/client-cloudformation'
import { IAM, NoSuchEntityException } from '@aws-sdk/client-iam'
import { SNS } from '@aws-sdk/client-sns'
import { SQS } from '@aws-sdk/client-sqs'
import { STS } from '@aws-sdk/client-sts'
import { AwsQueryProtocol } from '@aws-sdk/core/protocols'
import { AwsError } from '../../src/aws/error.ts'
import { gateway } from './gateway.ts'

test('IAM, STS and SNS take forms and answer XML', async (t) => {
  const { client } = await gateway(t, {
    iam: {
      CreateRole: (input) => ({
        Role: { RoleName: input.RoleName, CreateDate: new Date(1000), Tags: input.Tags },
      }),
    },
    sts: { GetCallerIdentity: (_input, call) => ({ Account: call.accountId, Arn: call.principalArn }) },
    sns: { Publish: (input) => ({ MessageId: `${input.Message}/${input.MessageAttributes.k.StringValue}` }) },
  })
  const Tags = [{ Key: 'a', Value: 'v w' }]
  const { Role } = await new IAM(client).createRole({ RoleName: 'r', AssumeRolePolicyDocument: '{}', Tags })
  assert.deepEqual(Role, { RoleName: 'r', CreateDate: new Date(1000), Tags } as never)
  const { Account } = await new STS(client).getCallerIdentity({})
  assert.equal(Account, '123456789012')
  const { MessageId } = await new SNS(client).publish({
    TopicArn: 't',
    Message: 'a+b&é<>',
    MessageAttributes: { k: { DataType: 'String', StringValue: 'v' } },
  })
  assert.equal(MessageId, 'a+b&é<>/v')
})

test('SQS still answers clients that speak Query', async (t) => {
  const { client } = await gateway(t, {
    sqs: {
      CreateQueue: (input) => ({ QueueUrl: `${input.QueueName}/${input.Attributes.DelaySeconds}` }),
    },
  })
  const sqs = new SQS({ ...client, protocol: AwsQueryProtocol } as never)
  const answer = await sqs.createQueue({ QueueName: 'q', Attributes: { DelaySeconds: '5' } })
  assert.equal(answer.QueueUrl, 'q/5')
})

test('an error says who is at fault, and its code', async (t) => {
  const { client, endpoint } = await gateway(t, {
    iam: {
      GetRole: () => {
        throw new AwsError('NoSuchEntityException', 'The role with name <r> cannot be found.')
      },
    },
    cloudformation: {
      DescribeStacks: () => {
        throw new AwsError('ValidationError', 'Stack with id s does not exist')
      },
    },
  })
  await assert.rejects(
    new IAM(client).getRole({ RoleName: 'r' }),
    (error) =>
      error instanceof NoSuchEntityException && error.message === 'The role with name <r> cannot be found.',
  )
  await assert.rejects(
    new CloudFormation(client).describeStacks({}),
    (error) => error instanceof CloudFormationServiceException && error.name === 'ValidationError',
  )
  const body = new URLSearchParams({ Action: 'GetRole', Version: '2010-05-08', RoleName: 'r' })
  const raw = await fetch(endpoint, { method: 'POST', body })
  assert.equal(raw.status, 404)
  assert.match(await raw.text(), /<Type>Sender<\/Type><Code>NoSuchEntity<\/Code>/)
})

test('an unknown action, none, and an unknown version get their errors', async (t) => {
  const { endpoint } = await gateway(t, {})
  const codeOf = async (fields: Record<string, string>) => {
    const answer = await fetch(endpoint, { method: 'POST', body: new URLSearchParams(fields) })
    assert.equal(answer.status, 400)
    return /<Code>(.*)<\/Code>/.exec(await answer.text())?.[1]
  }
  assert.equal(await codeOf({ Action: 'Nonsense', Version: '2010-05-08' }), 'InvalidAction')
  assert.equal(await codeOf({ Action: 'GetRole', Version: '1999-01-01' }), 'InvalidAction')
  assert.equal(await codeOf({ Action: 'constructor', Version: '2010-05-08' }), 'InvalidAction')
  assert.equal(await codeOf({ Version: '2010-05-08' }), 'MissingAction')
})

test('a Query request may also be a GET with everything in its URL', async (t) => {
  const { endpoint } = await gateway(t, { sts: { GetCallerIdentity: () => ({ Account: '1' }) } })
  const answer = await fetch(`${endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`)
  assert.match(await answer.text(), /<GetCallerIdentityResult><Account>1<\/Account>/)
})

test('what is sent to the URL of a queue needs no version', async (t) => {
  const { endpoint } = await gateway(t, {
    sqs: { SendMessage: ({ QueueUrl, MessageBody }) => ({ MessageId: `${QueueUrl} ${MessageBody}` }) },
  })
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host'
  const queue = `${endpoint}/123456789012/q`
  const ask = (search: string) => fetch(`${queue}?${search}`, { headers: { authorization } })
  const sent = await ask('Action=SendMessage&MessageBody=a+b')
  assert.ok((await sent.text()).includes(`<MessageId>${queue} a b</MessageId>`))
  const other = await ask('Action=SendMessage&MessageBody=m&QueueUrl=other')
  assert.match(await other.text(), /<MessageId>other m<\/MessageId>/)
  const unsigned = await fetch(`${queue}?Action=SendMessage&MessageBody=u`)
  assert.ok((await unsigned.text()).includes(`<MessageId>${queue} u</MessageId>`))
  const form = await fetch(queue, {
    method: 'POST',
    body: new URLSearchParams({ Action: 'SendMessage', MessageBody: 'f' }),
  })
  assert.ok((await form.text()).includes(`<MessageId>${queue} f</MessageId>`))
  const unknown = await ask('Action=FooBar')
  assert.equal(unknown.status, 400)
  assert.match(
    await unknown.text(),
    /<Code>InvalidAction<\/Code><Message>The action FooBar is not valid for this endpoint\.</,
  )
})

test('a service that lambdad does not have is named', async (t) => {
  const { endpoint } = await gateway(t, {})
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host'
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({ Action: 'DescribeInstances', Version: '2016-11-15' }),
  })
  assert.equal(answer.status, 501)
  assert.match(await answer.text(), /<Message>lambdad does not have the service ec2\.<\/Message>/)
})
