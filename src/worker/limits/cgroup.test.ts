import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { realClock } from '../../base/clock.ts'
import { canMakeGroups, hierarchies, ownFolder, ownGroups, readSelf, removeGroups } from './cgroup.ts'
import { cpuQuotaUs, hardLimitBytes } from './limits.ts'

const MOUNTS = `24 23 0:21 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
25 23 0:22 /docker/ab /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
26 23 0:23 / /sys/fs/cgroup/unified rw,relatime shared:10 shared:11 - cgroup2 cgroup2 rw
27 23 0:24 / /proc rw - proc proc rw
`

test('the mounted hierarchies are read from mountinfo, with what of them is mounted', () => {
  assert.deepEqual(hierarchies(MOUNTS), [
    { mountPoint: '/sys/fs/cgroup/cpu', root: '/', controllers: ['rw', 'cpu', 'cpuacct'] },
    { mountPoint: '/sys/fs/cgroup/memory', root: '/docker/ab', controllers: ['rw', 'memory'] },
    { mountPoint: '/sys/fs/cgroup/unified', root: '/', controllers: ['cgroup2'] },
  ])
})

test('the own group is found in each hierarchy, or is not where it is not mounted', () => {
  const groups = ownGroups('9:cpu,cpuacct:/user.slice\n4:memory:/docker/ab/x\n0::/system.slice/l.service\n')
  assert.deepEqual(
    [...groups],
    [
      ['cpu', '/user.slice'],
      ['cpuacct', '/user.slice'],
      ['memory', '/docker/ab/x'],
      ['', '/system.slice/l.service'],
    ],
  )
  const [cpu, memory] = hierarchies(MOUNTS)
  assert.ok(cpu && memory)
  assert.equal(ownFolder(cpu, '/user.slice'), '/sys/fs/cgroup/cpu/user.slice')
  assert.equal(ownFolder(cpu, '/'), '/sys/fs/cgroup/cpu')
  assert.equal(ownFolder(memory, '/docker/ab/x'), '/sys/fs/cgroup/memory/x')
  assert.equal(ownFolder(memory, '/docker/abc'), undefined)
})

test('a group is removed with those below it and what runs in them, frozen or not', async (t) => {
  const parent = parentOf('freezer')
  if (parent === undefined) return t.skip('this machine has none that the test may write to')
  const group = `${parent}/test-${process.pid}`
  const sleeper = spawn('sleep', ['1000'])
  t.after(() => sleeper.kill('SIGKILL'))
  mkdirSync(`${group}/e1-1`, { recursive: true })
  writeFileSync(`${group}/e1-1/cgroup.procs`, String(sleeper.pid))
  writeFileSync(`${group}/e1-1/freezer.state`, 'FROZEN')

  await removeGroups([group], realClock)

  assert.equal(existsSync(group), false)
})

test('a group that cannot be emptied is told after 3 s, and a process of the daemon’s own is left alone', async (t) => {
  const parent = parentOf('pids')
  if (parent === undefined) return t.skip('this machine has none that the test may write to')
  const group = `${parent}/test-${process.pid}`
  mkdirSync(group)
  writeFileSync(`${group}/cgroup.procs`, String(process.pid))
  t.after(() => {
    writeFileSync(`${parent}/cgroup.procs`, String(process.pid))
    rmdirSync(group)
  })
  await assert.rejects(removeGroups([group], realClock), { code: 'EBUSY' })
})

test('1,769 MB are one processor', () => {
  assert.deepEqual([128, 1769, 3538, 10_240].map(cpuQuotaUs), [7236, 100_000, 200_000, 578_858])
})

test('the kernel’s bound leaves room for the files in /tmp', () => {
  assert.equal(hardLimitBytes({ memoryMb: 128, temporaryMb: 512 }), 640 * 2 ** 20)
})

/** Where groups of a controller of version 1 can be made. */
function parentOf(controller: string): string | undefined {
  if (process.platform !== 'linux') return undefined
  const { groups, mounted } = readSelf()
  const hierarchy = mounted.find(({ controllers }) => controllers.includes(controller))
  const own = hierarchy && ownFolder(hierarchy, groups.get(controller) ?? '/')
  return own !== undefined && canMakeGroups(own, `test-${process.pid}-probe`, ['cgroup.procs'])
    ? own
    : undefined
}
