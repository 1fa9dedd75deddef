import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { HELPERS, Mounter } from './mounter.ts'

const skip = process.platform !== 'linux' || process.getuid?.() !== 0 ? 'needs root on Linux' : false

for (const helper of HELPERS) {
  test(`${helper.needs}: code is there read-only where the mounts reach, and nowhere else`, {
    skip: skip || (existsSync(helper.needs) ? false : 'not on this machine'),
  }, async (t) => {
    const { folder, shared } = folders(t)
    const mounter = await Mounter.start(shared, `${folder}/staging`, [helper])
    assert.ok(mounter !== undefined)
    t.after(() => mounter.stop())

    await mounter.bind(`${folder}/code`, `${shared}/one`)

    const [program = '', ...args] = [...mounter.prefix, '/bin/sh', '-c']
    const inside = (script: string) =>
      execFileSync(program, [...args, script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    assert.equal(inside(`cat ${shared}/one/a`), 'text')
    assert.throws(() => inside(`echo other > ${shared}/one/a`), /Read-only file system/)
    assert.equal(inside(`ls ${folder}/staging`), '')
    assert.deepEqual(readdirSync(`${shared}/one`), [])
    assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').includes(folder), false)
  })

  test(`${helper.needs}: what cannot be mounted is an error, and the next mount works`, {
    skip: skip || (existsSync(helper.needs) ? false : 'not on this machine'),
  }, async (t) => {
    const { folder, shared } = folders(t)
    const mounter = await Mounter.start(shared, `${folder}/staging`, [helper])
    assert.ok(mounter !== undefined)
    t.after(() => mounter.stop())

    await assert.rejects(mounter.bind(`${folder}/none`, `${shared}/one`), /mounting failed/)
    await assert.rejects(mounter.bind(`${folder}/code`, `${shared}/none`), /mounting failed/)
    await assert.rejects(mounter.bind(`${folder}/co\nde`, `${shared}/one`), /cannot be asked/)
    await mounter.bind(`${folder}/code`, `${shared}/one`)
  })
}

test('without a program that mounts there is no mounter', async (t) => {
  const { folder, shared } = folders(t)
  assert.equal(await Mounter.start(shared, `${folder}/staging`, []), undefined)
  assert.equal(
    await Mounter.start(shared, `${folder}/staging`, [{ needs: '/bin/sh', argv: ['/bin/false'] }]),
    undefined,
  )
})

function folders(t: TestContext) {
  const folder = mkdtempSync(`${tmpdir()}/mounter-`)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const shared = `${folder}/e`
  for (const made of [`${shared}/one`, `${folder}/code`]) mkdirSync(made, { recursive: true })
  writeFileSync(`${folder}/code/a`, 'text')
  return { folder, shared }
}
