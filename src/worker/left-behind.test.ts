import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { canMakeGroups, ownFolder, readSelf } from './limits/cgroup.ts'
import { groupName, isLeftBehind } from './limits/group-name.ts'
import { startTimeOf } from './limits/process-tree.ts'
import { testWorker } from './testing.ts'

const onLinux = { skip: process.platform !== 'linux' && 'there are no cgroups' }

test('a group is left behind when the process of its name has ended, or its id is another’s', onLinux, () => {
  const own = groupName('abcd')
  const [, , start = '', namespace] = own.split('-')
  assert.equal(isLeftBehind(own), false)
  assert.equal(isLeftBehind(own.replace(`-${start}-`, '-12-')), true)
  assert.equal(isLeftBehind(`lambdad-4194303-12-${namespace}-abcd`), true)
})

test('what cannot be told to be a dead daemon’s is left alone', onLinux, () => {
  for (const name of ['lambdad-4194303-12-1-abcd', 'lambdad-4194303-abcd', 'lambdad-x', 'other'])
    assert.equal(isLeftBehind(name), false, name)
})

test(
  'cgroups of a dead daemon whose data folder is gone are emptied and removed, frozen or not',
  onLinux,
  async (t) => {
    const parents = ['memory', 'freezer', ''].flatMap((controller) => parentOf(controller) ?? [])
    if (parents.length === 0) return t.skip('this machine has none that the test may write to')
    const namespace = groupName('').split('-')[3]
    const name = `lambdad-4194303-12-${namespace}-abcd`
    const folders = parents.map((parent) => `${parent}/${name}`)
    const sleeper = spawn('sleep', ['1000'])
    t.after(() => sleeper.kill('SIGKILL'))
    for (const folder of folders) {
      mkdirSync(`${folder}/e1-1`, { recursive: true })
      writeFileSync(`${folder}/e1-1/cgroup.procs`, String(sleeper.pid))
      if (existsSync(`${folder}/e1-1/freezer.state`)) writeFileSync(`${folder}/e1-1/freezer.state`, 'FROZEN')
      if (existsSync(`${folder}/e1-1/cgroup.freeze`)) writeFileSync(`${folder}/e1-1/cgroup.freeze`, '1')
    }
    t.after(() => {
      for (const folder of folders.flatMap((own) => [`${own}/e1-1`, own]))
        if (existsSync(folder)) rmdirSync(folder)
    })

    const { reported } = await testWorker(t, 'process')

    assert.deepEqual(
      folders.filter((folder) => existsSync(folder)),
      [],
    )
    for (let tries = 0; tries < 100 && startTimeOf(sleeper.pid as number) !== undefined; tries++)
      await sleep(10)
    assert.equal(startTimeOf(sleeper.pid as number), undefined)
    assert.deepEqual(reported, [])
  },
)

/** Where groups of a controller can be made; version 2's for the empty name. */
function parentOf(controller: string): string | undefined {
  const { groups, mounted } = readSelf()
  const hierarchy = mounted.find(({ controllers }) => controllers.includes(controller || 'cgroup2'))
  const own = hierarchy && ownFolder(hierarchy, groups.get(controller) ?? '/')
  return own !== undefined && canMakeGroups(own, `test-${process.pid}`, ['cgroup.procs']) ? own : undefined
}
