import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LaunchPlan } from '../launch-plan.ts'
import { testFunction } from '../testing.ts'
import { kindOf } from './eligible.ts'

const plan: LaunchPlan = { argv: ['/bin/node'], env: {}, mounts: [], canWait: true }

test('functions of one size and runtime share a kind; another size, /tmp or binary is another', () => {
  const kind = kindOf(plan, testFunction)?.key
  assert.notEqual(kind, undefined)
  assert.equal(
    kindOf(plan, { ...testFunction, name: 'g', variables: { A: 'b', TZ: 'Asia/Tokyo' } })?.key,
    kind,
  )
  assert.notEqual(kindOf(plan, { ...testFunction, memoryMb: 1024 })?.key, kind)
  assert.notEqual(kindOf(plan, { ...testFunction, ephemeralStorageMb: 1024 })?.key, kind)
  assert.notEqual(kindOf({ ...plan, argv: ['/bin/other'] }, testFunction)?.key, kind)
})

test('a function that sets what is read at the start of a process gets a process of its own', () => {
  for (const name of [
    'NODE_OPTIONS',
    'NODE_EXTRA_CA_CERTS',
    'NODE_PATH',
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'PYTHONPATH',
    'RUBYOPT',
    'RUBYLIB',
    'PYTHONUNBUFFERED',
    'LANG',
    'LC_ALL',
    'AWS_LAMBDA_EXEC_WRAPPER',
  ]) {
    assert.equal(kindOf(plan, { ...testFunction, variables: { [name]: 'x' } }), undefined, name)
  }
})

test('a custom runtime, and one whose bootstrap cannot wait, has no kind', () => {
  assert.equal(kindOf(plan, { ...testFunction, runtime: 'provided.al2023' }), undefined)
  assert.equal(kindOf({ ...plan, canWait: false }, testFunction), undefined)
})

test('a function with a file system gets a process that was started with it', () => {
  const fileSystem = { accessPoint: 'fsap-0123456789abcdef0', path: '/mnt/data' }
  assert.equal(kindOf(plan, { ...testFunction, fileSystem }), undefined)
})
