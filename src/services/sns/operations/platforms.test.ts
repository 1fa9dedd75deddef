import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { realClock } from '../../../base/clock.ts'
import { ACCOUNT, DEAD_LETTERS, snsRig, TOPIC } from '../testing.ts'

const APPLICATION = `arn:aws:sns:us-east-1:${ACCOUNT}:app/GCM/shop`
const HERE = { accountId: ACCOUNT, region: 'us-east-1' }
const STRANGER = { accountId: '222222222222', principalArn: 'arn:aws:iam::222222222222:root' }

/** An application, and how it gets devices. */
async function platformRig(t: TestContext) {
  const rig = await snsRig(t)
  const { run } = rig
  const Attributes = { PlatformCredential: 'secret', SuccessFeedbackSampleRate: '5' }
  await run('CreatePlatformApplication', { Name: 'shop', Platform: 'GCM', Attributes })
  const install = async (Token: string, Attributes: Record<string, string> = {}) => {
    const input = { PlatformApplicationArn: APPLICATION, Token, Attributes }
    return (await run('CreatePlatformEndpoint', input)).EndpointArn ?? ''
  }
  const pushed = async (count: number) => {
    let found = await rig.room.doors.outbox.list(HERE)
    for (let tries = 0; found.length < count && tries < 200; tries++) {
      await rig.clock.advance(10)
      await realClock.sleep(5)
      found = await rig.room.doors.outbox.list(HERE)
    }
    return found
  }
  return { ...rig, install, pushed }
}

test('an application is made once, shown without its credentials, listed and deleted with its endpoints', async (t) => {
  const { run, install } = await platformRig(t)
  const again = { Name: 'shop', Platform: 'GCM', Attributes: { PlatformCredential: 'other' } }
  assert.deepEqual(await run('CreatePlatformApplication', again), { PlatformApplicationArn: APPLICATION })
  const EndpointArn = await install('t1')
  await run('SetPlatformApplicationAttributes', {
    PlatformApplicationArn: APPLICATION,
    Attributes: { SuccessFeedbackSampleRate: '10', EventEndpointCreated: '' },
  })
  const Attributes = { Enabled: 'true', SuccessFeedbackSampleRate: '10' }
  const PlatformApplicationArn = APPLICATION
  assert.deepEqual(await run('GetPlatformApplicationAttributes', { PlatformApplicationArn }), { Attributes })
  assert.deepEqual(await run('ListPlatformApplications', {}), {
    PlatformApplications: [{ PlatformApplicationArn, Attributes }],
  })
  assert.deepEqual(await run('ListPlatformApplications', {}, STRANGER), { PlatformApplications: [] })
  await assert.rejects(run('DeletePlatformApplication', { PlatformApplicationArn }, STRANGER), {
    code: 'AuthorizationErrorException',
  })
  await run('DeletePlatformApplication', { PlatformApplicationArn })
  await run('DeletePlatformApplication', { PlatformApplicationArn })
  await assert.rejects(run('GetPlatformApplicationAttributes', { PlatformApplicationArn }), {
    code: 'NotFoundException',
    message: 'PlatformApplication does not exist',
  })
  await assert.rejects(run('GetEndpointAttributes', { EndpointArn }), { code: 'NotFoundException' })
})

test('a token has one endpoint, which is shown, changed, listed and deleted', async (t) => {
  const { run, install } = await platformRig(t)
  const EndpointArn = await install('t1', { CustomUserData: 'u' })
  assert.match(EndpointArn, /^arn:aws:sns:us-east-1:111111111111:endpoint\/GCM\/shop\/[0-9a-f-]{36}$/)
  assert.equal(await install('t1', { CustomUserData: 'u' }), EndpointArn)
  await assert.rejects(install('t1', { CustomUserData: 'other' }), {
    message: `Invalid parameter: Token Reason: Endpoint ${EndpointArn} already exists with the same Token, but different attributes.`,
  })
  const other = await install('t2')
  const take = { EndpointArn: other, Attributes: { Token: 't1' } }
  await assert.rejects(run('SetEndpointAttributes', take), { message: /already exists with the same Token/ })
  await run('SetEndpointAttributes', { EndpointArn, Attributes: { Enabled: 'False' } })
  const Attributes = { Enabled: 'false', Token: 't1', CustomUserData: 'u' }
  assert.deepEqual(await run('GetEndpointAttributes', { EndpointArn }), { Attributes })
  const { Endpoints = [] } = await run('ListEndpointsByPlatformApplication', {
    PlatformApplicationArn: APPLICATION,
  })
  assert.deepEqual(
    Endpoints.map((one) => one.EndpointArn),
    [EndpointArn, other].sort(),
  )
  await assert.rejects(run('GetEndpointAttributes', { EndpointArn }, STRANGER), {
    code: 'AuthorizationErrorException',
  })
  await run('DeleteEndpoint', { EndpointArn })
  await run('DeleteEndpoint', { EndpointArn })
  await assert.rejects(run('GetEndpointAttributes', { EndpointArn }), { message: 'Endpoint does not exist' })
})

test('a device gets what is published to it, and what its topic sends, in its platform’s words', async (t) => {
  const { run, install, pushed } = await platformRig(t)
  const EndpointArn = await install('t1')
  await run('Publish', { TargetArn: EndpointArn, Message: 'direct' })
  await pushed(1)
  await run('CreateTopic', { Name: 't' })
  await run('Subscribe', { TopicArn: TOPIC, Protocol: 'application', Endpoint: EndpointArn })
  const Message = JSON.stringify({ default: 'all', GCM: '{"notification":{}}' })
  await run('Publish', { TopicArn: TOPIC, Message, MessageStructure: 'json' })
  const [second, first] = await pushed(2)
  assert.deepEqual([first?.body, first?.to, first?.deviceToken], ['direct', EndpointArn, 't1'])
  assert.deepEqual(
    [second?.protocol, second?.body, second?.topicArn],
    ['application', '{"notification":{}}', TOPIC],
  )
})

test('a device that is disabled or gone gets nothing; its dead letters are kept', async (t) => {
  const { run, install, sent, bodies, until } = await platformRig(t)
  const EndpointArn = await install('t1')
  await run('CreateTopic', { Name: 't' })
  const Attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: DEAD_LETTERS }) }
  await run('Subscribe', { TopicArn: TOPIC, Protocol: 'application', Endpoint: EndpointArn, Attributes })
  await run('SetEndpointAttributes', { EndpointArn, Attributes: { Enabled: 'false' } })
  await assert.rejects(run('Publish', { TargetArn: EndpointArn, Message: 'm' }), {
    code: 'EndpointDisabledException',
    message: 'Endpoint is disabled',
  })
  await run('Publish', { TopicArn: TOPIC, Message: 'disabled' })
  await until(() => sent.length === 1)
  await run('DeleteEndpoint', { EndpointArn })
  await run('Publish', { TopicArn: TOPIC, Message: 'gone' })
  await until(() => sent.length === 2)
  assert.deepEqual(
    bodies().map((body) => JSON.parse(body).Message),
    ['disabled', 'gone'],
  )
  await assert.rejects(run('Publish', { TargetArn: EndpointArn, Message: 'm' }), {
    message: 'Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified',
  })
})

for (const [why, input, message] of [
  [
    'an unknown platform',
    { Platform: 'PIGEON' },
    'Invalid parameter: Platform Reason: PIGEON is not supported',
  ],
  ['a name with a slash', { Name: 'a/b' }, 'Invalid parameter: Name'],
  [
    'no credential',
    { Attributes: {} },
    'Invalid parameter: Attributes Reason: Invalid value for attribute: PlatformCredential: cannot be empty',
  ],
  ['no principal', { Platform: 'APNS' }, /PlatformPrincipal: cannot be empty/],
  [
    'events of endpoints',
    { Attributes: { PlatformCredential: 'x', EventEndpointCreated: TOPIC } },
    /EventEndpointCreated is not supported by lambdad yet/,
  ],
  [
    'an unknown attribute',
    { Attributes: { PlatformCredential: 'x', Color: 'red' } },
    'Invalid parameter: AttributeName',
  ],
] as const) {
  test(`an application is refused: ${why}`, async (t) => {
    const { run } = await snsRig(t)
    const good = { Name: 'a', Platform: 'GCM', Attributes: { PlatformCredential: 'x' } }
    await assert.rejects(run('CreatePlatformApplication', { ...good, ...input }), {
      code: 'InvalidParameterException',
      message,
    })
  })
}

for (const [why, Token, Attributes, message] of [
  ['no token', '', {}, 'Invalid parameter: Token Reason: cannot be empty'],
  [
    'much user data',
    't',
    { CustomUserData: 'x'.repeat(2049) },
    /CustomUserData Reason: must be at most 2048 bytes/,
  ],
  ['half enabled', 't', { Enabled: 'half' }, /Enabled: must be true or false/],
  ['an unknown attribute', 't', { Color: 'red' }, /Invalid attribute name: Color/],
] as const) {
  test(`an endpoint is refused: ${why}`, async (t) => {
    const { install } = await platformRig(t)
    await assert.rejects(install(Token, Attributes), { code: 'InvalidParameterException', message })
  })
}

test('ARNs that name no application, and no endpoint to subscribe', async (t) => {
  const { run } = await platformRig(t)
  const get = (PlatformApplicationArn: string) =>
    run('GetPlatformApplicationAttributes', { PlatformApplicationArn })
  await assert.rejects(get('x'), {
    message: 'Invalid parameter: PlatformApplicationArn Reason: An ARN must have at least 6 elements, not 1',
  })
  await assert.rejects(get(`${APPLICATION}/more`), {
    message:
      'Invalid parameter: PlatformApplicationArn Reason: Wrong number of slashes in relative portion of the ARN.',
  })
  await assert.rejects(get(TOPIC), { message: 'Invalid parameter: PlatformApplicationArn' })
  await run('CreateTopic', { Name: 't' })
  const subscribe = run('Subscribe', { TopicArn: TOPIC, Protocol: 'application', Endpoint: APPLICATION })
  await assert.rejects(subscribe, { code: 'InvalidParameterException' })
})
