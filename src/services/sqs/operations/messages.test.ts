import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sqsRig } from '../testing.ts'

const text = (StringValue: string) => ({ DataType: 'String', StringValue })

test('digests of bodies and attributes are those recorded from AWS', async (t) => {
  const { queue, send, run } = await sqsRig(t)
  const QueueUrl = await queue('q', { VisibilityTimeout: '0' })
  const MessageAttributes = { General: text('Kenobi'), Hello: text('There'), 'Help.Me': text('Me') }
  const sent = await send(QueueUrl, 'msg', { MessageAttributes })
  assert.equal(sent.MD5OfMessageBody, '6e2baaf3b97dbeef01c0043275f9a0e7')
  assert.equal(sent.MD5OfMessageAttributes, '4c360f3fdafd970e05fae2f149d997f5')
  const received = async (...MessageAttributeNames: string[]) => {
    const { Messages = [] } = await run('ReceiveMessage', { QueueUrl, MessageAttributeNames })
    const [{ MD5OfMessageAttributes: md5, MessageAttributes: attributes = {} } = {}] = Messages
    return [md5, Object.keys(attributes)]
  }
  assert.deepEqual(await received(), [undefined, []])
  assert.deepEqual(await received('All'), [
    '4c360f3fdafd970e05fae2f149d997f5',
    Object.keys(MessageAttributes),
  ])
  assert.deepEqual(await received('.*'), ['4c360f3fdafd970e05fae2f149d997f5', Object.keys(MessageAttributes)])
  assert.deepEqual(await received('General', 'Hello'), [
    'fca026605781cb4126a1e9044df24232',
    ['General', 'Hello'],
  ])
  assert.deepEqual(await received('Hello', 'None'), ['a311262e065454b75da111d535b8dacd', ['Hello']])
  assert.deepEqual(await received('Hel.*'), ['83fee93c1bcd8b9a5a923ffacdc636c7', ['Hello', 'Help.Me']])
  assert.deepEqual(await received('None'), [undefined, []])
})

test('binary attributes come back as bytes', async (t) => {
  const { queue, send, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const BinaryValue = Buffer.from('traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01')
  const sent = await send(QueueUrl, 'test', {
    MessageAttributes: { attr1: { DataType: 'Binary', BinaryValue } },
  })
  assert.equal(sent.MD5OfMessageAttributes, '8cbe4db156db8a94db8b801b7addb984')
  const { Messages = [] } = await run('ReceiveMessage', { QueueUrl, MessageAttributeNames: ['All'] })
  assert.deepEqual(Messages[0]?.MessageAttributes?.attr1, { DataType: 'Binary', BinaryValue })
})

test('attributes that are no attributes are refused', async (t) => {
  const { queue, send } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const refused: [attributes: object, message: RegExp][] = [
    [{ a: text('') }, /Message \(user\) attribute 'a' must contain a non-empty value of type 'String'\./],
    [
      { a: { DataType: 'Number', StringValue: 'many' } },
      /Can't cast the value of message \(user\) attribute 'a'/,
    ],
    [{ a: text('x\u0008') }, /Invalid characters found/],
    [{ a: { DataType: 'Date', StringValue: 'x' } }, /supported type prefixes is Binary, Number, and String/],
    [{ a: { StringValue: 'x' } }, /non-empty message attribute type/],
    [{ 'AWS.a': text('x') }, /names beginning with 'AWS\.'/],
    [{ 'a b': text('x') }, /can only contain/],
    [{ 'a..b': text('x') }, /can only contain/],
    [
      { a: { DataType: 'String', StringListValues: ['x'] } },
      /list values in SendMessage operation are not supported/,
    ],
    [
      Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, text('x')])),
      /\[11\] exceeds the allowed maximum \[10\]/,
    ],
  ]
  for (const [MessageAttributes, message] of refused)
    await assert.rejects(send(QueueUrl, 'a', { MessageAttributes }), {
      message,
      queryCode: /^Invalid|^Unsupported/,
    })
  // Recorded from AWS: letters of any script are letters.
  await send(QueueUrl, 'a', { MessageAttributes: { 'attr.1øßä': text('x') } })
})

test('attributes are chosen by name, by a beginning, or all of them by any of three signs', async (t) => {
  const { queue, send, run } = await sqsRig(t)
  const QueueUrl = await queue('q', { VisibilityTimeout: '0' })
  await send(QueueUrl, 'a', {
    MessageAttributes: { Hello: text('1'), 'Help.Me': text('2'), Other: text('3') },
  })
  const chosen = async (...MessageAttributeNames: string[]) => {
    const { Messages = [] } = await run('ReceiveMessage', { QueueUrl, MessageAttributeNames })
    return Object.keys(Messages[0]?.MessageAttributes ?? {}).join()
  }
  for (const all of ['All', '*', '.*']) assert.equal(await chosen(all), 'Hello,Help.Me,Other')
  assert.equal(await chosen('Hel.*'), 'Hello,Help.Me')
  assert.equal(await chosen('Other', 'None'), 'Other')
  for (const none of ['AWS.', '..foo', 'Help']) assert.equal(await chosen(none), '')
})

test('bodies: not empty, not too long with their attributes, and characters that XML takes', async (t) => {
  const { queue, send, receive } = await sqsRig(t)
  const QueueUrl = await queue('q', { MaximumMessageSize: '1024' })
  await assert.rejects(send(QueueUrl, ''), { queryCode: 'MissingParameter' })
  await assert.rejects(send(QueueUrl, 'x'.repeat(1025)), {
    message: 'One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.',
  })
  await assert.rejects(send(QueueUrl, 'x'.repeat(1013), { MessageAttributes: { attr: text('value') } }))
  for (const body of ['\u0000', 'a\u0008', '\ufffe', '\ud800'])
    await assert.rejects(send(QueueUrl, body), { code: 'InvalidMessageContents' }, JSON.stringify(body))
  const odd = '\t\n\r é 😀 \u{10ffff}\ue000'
  await send(QueueUrl, odd)
  assert.deepEqual(await receive(QueueUrl), [odd])
})

test("the trace header is the message's own, or the request's", async (t) => {
  const { queue, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const own = { AWSTraceHeader: text('Root=1-own') }
  const call = { traceHeader: 'Root=1-request' }
  const sent = await run('SendMessage', { QueueUrl, MessageBody: 'a', MessageSystemAttributes: own }, call)
  assert.match(sent.MD5OfMessageSystemAttributes ?? '', /^[0-9a-f]{32}$/)
  await run('SendMessage', { QueueUrl, MessageBody: 'b' }, call)
  const { Messages = [] } = await run('ReceiveMessage', {
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['AWSTraceHeader'],
  })
  assert.deepEqual(
    Messages.map(({ Attributes }) => Attributes),
    [{ AWSTraceHeader: 'Root=1-own' }, { AWSTraceHeader: 'Root=1-request' }],
  )
})

test('a batch is refused as a whole for what is wrong with it as a batch', async (t) => {
  const { queue, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const entries = (...ids: string[]) =>
    ids.map((Id) => ({ Id, MessageBody: 'a', ReceiptHandle: 'x', VisibilityTimeout: 1 }))
  const many = Array.from({ length: 11 }, (_, n) => `e${n}`)
  for (const name of ['SendMessageBatch', 'DeleteMessageBatch', 'ChangeMessageVisibilityBatch'] as const) {
    const batch = (...ids: string[]) => run(name, { QueueUrl, Entries: entries(...ids) })
    await assert.rejects(batch(), { code: 'EmptyBatchRequest' })
    await assert.rejects(batch(...many), {
      code: 'TooManyEntriesInBatchRequest',
      message: 'Maximum number of entries per request are 10. You have sent 11.',
    })
    await assert.rejects(batch('a', 'a'), { code: 'BatchEntryIdsNotDistinct', message: 'Id a repeated.' })
    await assert.rejects(batch('a:b'), { code: 'InvalidBatchEntryId' })
    await assert.rejects(batch('x'.repeat(81)), { code: 'InvalidBatchEntryId' })
  }
  const half = 'x'.repeat(524_288)
  const long = [half, `${half}!`].map((MessageBody, n) => ({ Id: `${n}`, MessageBody }))
  await assert.rejects(run('SendMessageBatch', { QueueUrl, Entries: long }), {
    code: 'BatchRequestTooLong',
    message: 'Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.',
  })
})

test('entries of a batch fail one by one', async (t) => {
  const { queue, receive, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  const sent = await run('SendMessageBatch', {
    QueueUrl,
    Entries: [
      { Id: 'good', MessageBody: 'a' },
      { Id: 'bad', MessageBody: '' },
      { Id: 'late', MessageBody: 'b', DelaySeconds: 1000 },
    ],
  })
  assert.deepEqual(
    sent.Successful?.map(({ Id }) => Id),
    ['good'],
  )
  assert.deepEqual(
    sent.Failed?.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]),
    [
      ['bad', 'MissingParameter', true],
      ['late', 'InvalidParameterValue', true],
    ],
  )
  const { Messages = [] } = await run('ReceiveMessage', { QueueUrl })
  const good = { Id: 'good', ReceiptHandle: Messages[0]?.ReceiptHandle ?? '' }
  const bad = { Id: 'bad', ReceiptHandle: 'garbage' }
  const hidden = await run('ChangeMessageVisibilityBatch', {
    QueueUrl,
    Entries: [
      { ...bad, VisibilityTimeout: 1 },
      { ...good, VisibilityTimeout: 0 },
      { Id: 'long', ReceiptHandle: good.ReceiptHandle, VisibilityTimeout: 43_201 },
    ],
  })
  assert.deepEqual(hidden.Successful, [{ Id: 'good' }])
  assert.deepEqual(hidden.Failed?.map(({ Id, Code }) => [Id, Code]).sort(), [
    ['bad', 'ReceiptHandleIsInvalid'],
    ['long', 'InvalidParameterValue'],
  ])
  const deleted = await run('DeleteMessageBatch', { QueueUrl, Entries: [bad, good] })
  assert.deepEqual(deleted.Successful, [{ Id: 'good' }])
  assert.deepEqual(
    deleted.Failed?.map(({ Id }) => Id),
    ['bad'],
  )
  assert.deepEqual(await receive(QueueUrl), [])
})

test("an entry that is too long for its queue fails alone, in AWS's words for entries", async (t) => {
  const { queue, run } = await sqsRig(t)
  const QueueUrl = await queue('q', { MaximumMessageSize: '1024' })
  const { Successful, Failed } = await run('SendMessageBatch', {
    QueueUrl,
    Entries: [
      { Id: 'a', MessageBody: 'a'.repeat(1024) },
      { Id: 'b', MessageBody: 'a'.repeat(1025) },
    ],
  })
  assert.equal(Successful?.[0]?.MD5OfMessageBody, 'c9a34cfc85d982698c6ac89f76071abd')
  assert.deepEqual(Failed, [
    {
      Id: 'b',
      Code: 'InvalidParameterValue',
      Message: 'One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.',
      SenderFault: true,
    },
  ])
})

test('numbers of a receive outside of their ranges are refused', async (t) => {
  const { queue, run } = await sqsRig(t)
  const QueueUrl = await queue('q')
  await assert.rejects(run('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 11 }), {
    queryCode: 'InvalidParameterValue',
    message:
      'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.',
  })
  for (const more of [
    { MaxNumberOfMessages: 0 },
    { WaitTimeSeconds: 21 },
    { VisibilityTimeout: 43_201 },
    { ReceiveRequestAttemptId: 'x' },
  ])
    await assert.rejects(run('ReceiveMessage', { QueueUrl, ...more }), { queryCode: 'InvalidParameterValue' })
})
