import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outOfTemporary } from './relocate.ts'
import type { SandboxSpec } from './sandbox.ts'

const spec = (mounts: SandboxSpec['mounts'], argv: string[], variables: Record<string, string> = {}) =>
  ({ mounts, argv, variables }) as unknown as SandboxSpec

test('what lies in /tmp of the host is mounted elsewhere, and found there', () => {
  const given = spec(
    [
      { source: '/tmp/clone/node', target: '/tmp/clone/node' },
      { source: '/clone/runtimes', target: '/var/runtime' },
    ],
    ['/tmp/clone/node/bin/node', '/var/runtime/bootstrap.cjs', '--option=/tmp/clone/node/x'],
    { PATH: '/usr/bin:/tmp/clone/node/bin', OTHER: '/tmp/clone/nodes' },
  )
  const { mounts, argv, variables } = outOfTemporary(given)
  assert.deepEqual(
    mounts.map(({ target }) => target),
    ['/host/tmp/clone/node', '/var/runtime'],
  )
  assert.deepEqual(argv, [
    '/host/tmp/clone/node/bin/node',
    '/var/runtime/bootstrap.cjs',
    '--option=/host/tmp/clone/node/x',
  ])
  assert.deepEqual(variables, { PATH: '/usr/bin:/host/tmp/clone/node/bin', OTHER: '/tmp/clone/nodes' })
})

test('what lies elsewhere stays as it is', () => {
  const given = spec([{ source: '/opt/node', target: '/opt/node' }], ['/opt/node/bin/node', '/tmp/x'])
  assert.equal(outOfTemporary(given), given)
})
