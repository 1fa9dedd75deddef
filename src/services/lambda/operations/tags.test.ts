import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, arnOf, REGION, refusal, testLambda } from '../testing.ts'

test('tags are added, replaced, listed and removed', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f', { Tags: { a: '1' } })
  const Resource = arnOf('f')
  await call('TagResource', { Resource, Tags: { a: '2', b: '' } })
  assert.deepEqual(await call('ListTags', { Resource }), { Tags: { a: '2', b: '' } })
  await call('UntagResource', { Resource, TagKeys: ['a', 'never'] })
  assert.deepEqual(await call('ListTags', { Resource }), { Tags: { b: '' } })
  await call('UntagResource', { Resource, TagKeys: ['b'] })
  assert.deepEqual(await call('ListTags', { Resource }), { Tags: {} })
})

test('tagging changes no revision', async (t) => {
  const { call, create, settled } = await testLambda(t)
  await create('f')
  const before = await settled('f')
  await call('TagResource', { Resource: arnOf('f'), Tags: { a: '1' } })
  assert.deepEqual(await settled('f'), before)
})

test('a function has 50 tags at most, those that it has counted', async (t) => {
  const { call, create } = await testLambda(t)
  const tags = (count: number, prefix: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, '']))
  await create('f', { Tags: tags(50, 'a') })
  await call('TagResource', { Resource: arnOf('f'), Tags: { a0: 'again' } })
  await assert.rejects(
    call('TagResource', { Resource: arnOf('f'), Tags: tags(1, 'b') }),
    refusal('InvalidParameterValueException', 'Number of tags exceeds resource tag limit.', 400),
  )
})

const BAD: [string, Record<string, string>, string, string | RegExp][] = [
  ['no tag', {}, 'InvalidParameterValueException', 'An error occurred and the request cannot be processed.'],
  ['an empty key', { '': 'v' }, 'ValidationException', /Member must have length greater than or equal to 1$/],
  [
    'a key of 129 characters',
    { ['k'.repeat(129)]: 'v' },
    'ValidationException',
    /Member must have length less than or equal to 128$/,
  ],
  [
    'a value of 257 characters',
    { k: 'v'.repeat(257) },
    'ValidationException',
    /at 'tags\.k\.member' failed .*Member must have length less than or equal to 256$/,
  ],
  [
    "a key of AWS's own",
    { 'aws:x': 'v' },
    'InvalidParameterValueException',
    'System tags cannot be added/updated by requester.',
  ],
]

for (const [what, Tags, code, message] of BAD) {
  test(`${what} is refused`, async (t) => {
    const { call, create } = await testLambda(t)
    await create('f')
    await assert.rejects(call('TagResource', { Resource: arnOf('f'), Tags }), refusal(code, message, 400))
  })
}

test('removing no tag is refused', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await assert.rejects(
    call('UntagResource', { Resource: arnOf('f'), TagKeys: [] }),
    refusal('InvalidParameterValueException', 'An error occurred and the request cannot be processed.', 400),
  )
})

const prefix = `arn:aws:lambda:${REGION}:${ACCOUNT}`
const uuid = '11111111-2222-3333-4444-555555555555'
const csc = `${prefix}:code-signing-config:csc-12345678901234567`
const NOT_THERE: [string, string][] = [
  [arnOf('g'), `Function not found: ${arnOf('g')}`],
  [
    `${prefix}:event-source-mapping:${uuid}`,
    `Event source mapping not found: ${prefix}:event-source-mapping:${uuid}`,
  ],
  [`${prefix}:capacity-provider:p`, `Capacity provider not found: ${prefix}:capacity-provider:p`],
  [csc, `The Lambda code signing configuration ${csc} can not be found.`],
]

for (const [Resource, message] of NOT_THERE) {
  test(`${Resource} is not there to be tagged`, async (t) => {
    const { call } = await testLambda(t)
    const notFound = refusal('ResourceNotFoundException', message, 404)
    await assert.rejects(call('TagResource', { Resource, Tags: { a: 'b' } }), notFound)
    await assert.rejects(call('UntagResource', { Resource, TagKeys: ['a'] }), notFound)
    await assert.rejects(call('ListTags', { Resource }), notFound)
  })
}

test('versions and aliases have no tags', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await assert.rejects(
    call('ListTags', { Resource: arnOf('f:live') }),
    refusal(
      'InvalidParameterValueException',
      'Tags on function aliases and versions are not supported. Please specify a function ARN.',
      400,
    ),
  )
})

test('tags that are added at the same time are all there', async (t) => {
  const { call, create } = await testLambda(t)
  await create('f')
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      call('TagResource', { Resource: arnOf('f'), Tags: { [`t${i}`]: '' } }),
    ),
  )
  const { Tags = {} } = await call('ListTags', { Resource: arnOf('f') })
  assert.equal(Object.keys(Tags).length, 20)
})
