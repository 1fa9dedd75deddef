import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { chooseSandbox, findBubblewrap } from './choose.ts'

const onLinux = { skip: process.platform !== 'linux' && 'there is bubblewrap on Linux only' }

test(
  'without bubblewrap functions are plain processes, and it says how to change that',
  onLinux,
  async (t) => {
    const folder = given(t, undefined)

    const sandbox = await chooseSandbox('auto', folder)

    const { isolates, advice } = sandbox.isolation()
    assert.equal(sandbox.name, 'process')
    assert.equal(isolates, false)
    assert.equal(advice, 'bubblewrap is not installed; `apt-get install bubblewrap` adds it.')
  },
)

test(
  'bubblewrap that the machine forbids to start is not used, and its own words say why',
  onLinux,
  async (t) => {
    const folder = given(t, '#!/bin/sh\necho "bwrap: setting up uid map: Permission denied" >&2; exit 1\n')

    const found = await findBubblewrap(folder)

    assert.match(
      'why' in found ? found.why : '',
      /^bubblewrap is there, but cannot start: bwrap: setting up uid map: Permission denied \(this machine forbids user namespaces/,
    )
  },
)

test('bubblewrap by name is an error where it does not work', onLinux, async (t) => {
  const folder = given(t, undefined)

  await assert.rejects(
    chooseSandbox('bubblewrap', folder),
    /^Error: Functions cannot be sandboxed: bubblewrap is not installed/,
  )
})

test('plain processes by name say that they were asked for', async (t) => {
  const sandbox = await chooseSandbox('process', given(t, undefined))

  assert.equal(sandbox.isolation().advice, 'the setting sandbox=process asks for it')
})

/** A folder, and a PATH with this bwrap alone. */
function given(t: TestContext, bwrap: string | undefined): string {
  const folder = mkdtempSync(`${tmpdir()}/choose-`)
  if (bwrap !== undefined) writeFileSync(`${folder}/bwrap`, bwrap, { mode: 0o755 })
  const path = process.env.PATH
  process.env.PATH = folder
  t.after(() => {
    process.env.PATH = path
    rmSync(folder, { recursive: true })
  })
  return folder
}
