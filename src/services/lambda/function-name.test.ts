import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFunctionName, readUnqualifiedName } from './function-name.ts'
import { refusal } from './testing.ts'

const scope = { accountId: '123456789012', region: 'us-east-1' }
const key = { ...scope, name: 'my-fn_1' }

const FORMS: [string, string | undefined][] = [
  ['my-fn_1', undefined],
  ['my-fn_1:live', 'live'],
  ['my-fn_1:$LATEST', '$LATEST'],
  ['function:my-fn_1', undefined],
  ['123456789012:function:my-fn_1', undefined],
  ['123456789012:function:my-fn_1:7', '7'],
  ['123456789012:my-fn_1', undefined],
  ['us-east-1:123456789012:function:my-fn_1:7', '7'],
  ['arn:aws:lambda:us-east-1:123456789012:function:my-fn_1', undefined],
  ['arn:aws:lambda:us-east-1:123456789012:function:my-fn_1:$LATEST.PUBLISHED', '$LATEST.PUBLISHED'],
]

for (const [text, qualifier] of FORMS) {
  test(`${text} names the function${qualifier ? ` and its ${qualifier}` : ''}`, () => {
    assert.deepEqual(readFunctionName(text, scope), { key, qualifier })
  })
}

test('a qualifier beside the name counts as one in it, and may repeat it', () => {
  assert.equal(readFunctionName('my-fn_1', scope, 'live').qualifier, 'live')
  assert.equal(readFunctionName('my-fn_1:live', scope, 'live').qualifier, 'live')
})

test('two different qualifiers are refused', () => {
  assert.throws(
    () => readFunctionName('my-fn_1:live', scope, '7'),
    refusal(
      'InvalidParameterValueException',
      'The derived qualifier from the function name does not match the specified qualifier.',
      400,
    ),
  )
})

test('a name may have 64 characters, whatever the ARN around it', () => {
  const name = 'n'.repeat(64)
  assert.equal(readFunctionName(name, scope).key.name, name)
  assert.throws(
    () => readFunctionName(`${name}n`, scope),
    refusal(
      'InvalidParameterValueException',
      `1 validation error detected: Value '${name}n' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
      400,
    ),
  )
})

test('what is on no account of mine, or in no region of mine, is not reachable', () => {
  assert.throws(
    () => readFunctionName('arn:aws:lambda:eu-west-1:123456789012:function:f', scope),
    refusal(
      'ResourceNotFoundException',
      "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
      404,
    ),
  )
  assert.throws(
    () => readFunctionName('210987654321:function:f', scope),
    refusal(
      'AccessDeniedException',
      'Functions of account 210987654321 are not reachable from account 123456789012',
      403,
    ),
  )
})

test('operations on a whole function take $LATEST for it, and no other qualifier', () => {
  assert.deepEqual(readUnqualifiedName('my-fn_1:$LATEST', scope), key)
  assert.throws(
    () => readUnqualifiedName('my-fn_1:live', scope),
    refusal(
      'InvalidParameterValueException',
      'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
      400,
    ),
  )
})
