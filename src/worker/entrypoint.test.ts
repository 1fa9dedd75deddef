import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { findEntrypoint } from './entrypoint.ts'

test('a script with an interpreter, and a program of this machine, can be started', async (t) => {
  assert.deepEqual(await entrypoint(t, '#!/bin/sh\n'), { argv: ['/var/task/bootstrap'] })
  assert.deepEqual(await entrypoint(t, elf(process.arch === 'arm64' ? 183 : 62)), {
    argv: ['/var/task/bootstrap'],
  })
})

test('no bootstrap', async (t) => {
  const { mounts, folder } = given(t)
  const wrong = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
  assert.deepEqual(await findEntrypoint(mounts), { wrong })

  mkdirSync(`${folder}/task/bootstrap`)
  assert.deepEqual(await findEntrypoint(mounts), { wrong })
})

test('the one in /opt is taken where the code has none, and only there', async (t) => {
  const { mounts, put } = given(t)
  put('opt/bootstrap', '#!/opt/bootstrap -x\n')
  assert.deepEqual(await findEntrypoint(mounts), { argv: ['/opt/bootstrap'] })

  put('task/bootstrap', '#!/bin/sh\n', 0o644)
  assert.deepEqual(await findEntrypoint(mounts), {
    wrong: 'fork/exec /var/task/bootstrap: permission denied',
  })
})

test('one in /opt that cannot be started is told by its own name', async (t) => {
  const { mounts, put } = given(t)
  put('opt/bootstrap', 'hello')
  assert.deepEqual(await findEntrypoint(mounts), { wrong: 'fork/exec /opt/bootstrap: exec format error' })
})

for (const [what, content, mode, wrong] of [
  ['without the run bit', '#!/bin/sh\n', 0o644, 'permission denied'],
  [
    'with an interpreter that is not there',
    '#!/opt/no/such/interpreter\n',
    0o755,
    'no such file or directory',
  ],
  ['with the line ends of Windows', '#!/bin/sh\r\n', 0o755, 'no such file or directory'],
  ['of another architecture', elf(8), 0o755, 'exec format error'],
  ['that is text', 'hello', 0o755, 'exec format error'],
  ['that is empty', '', 0o755, 'exec format error'],
] as const) {
  test(`a bootstrap ${what}`, async (t) => {
    assert.deepEqual(await entrypoint(t, content, mode), { wrong: `fork/exec /var/task/bootstrap: ${wrong}` })
  })
}

test('an interpreter may come with the code', async (t) => {
  const script = '#!/var/task/bootstrap -x\n'
  assert.deepEqual(await entrypoint(t, script), { argv: ['/var/task/bootstrap'] })
})

async function entrypoint(t: TestContext, content: string | Buffer, mode = 0o755) {
  const { mounts, put } = given(t)
  put('task/bootstrap', content, mode)
  return findEntrypoint(mounts)
}

function given(t: TestContext) {
  const folder = mkdtempSync(`${tmpdir()}/entry-`)
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of ['task', 'opt']) mkdirSync(`${folder}/${name}`)
  const mounts = [
    { source: `${folder}/task`, target: '/var/task' },
    { source: `${folder}/opt`, target: '/opt' },
  ]
  const put = (name: string, content: string | Buffer, mode = 0o755) => {
    writeFileSync(`${folder}/${name}`, content)
    chmodSync(`${folder}/${name}`, mode)
  }
  return { folder, mounts, put }
}

function elf(machine: number): Buffer {
  const head = Buffer.alloc(64)
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  head.writeUInt16LE(machine, 18)
  return head
}
