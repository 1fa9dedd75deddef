import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
  const folder = mkdtempSync(`${tmpdir()}/entry-`)
  t.after(() => rmSync(folder, { recursive: true }))

  assert.deepEqual(await findEntrypoint(folder), {
    wrong: "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
  })
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
  const folder = mkdtempSync(`${tmpdir()}/entry-`)
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(`${folder}/bootstrap`, content)
  chmodSync(`${folder}/bootstrap`, mode)
  return findEntrypoint(folder)
}

function elf(machine: number): Buffer {
  const head = Buffer.alloc(64)
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  head.writeUInt16LE(machine, 18)
  return head
}
