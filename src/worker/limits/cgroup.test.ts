import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hierarchies, ownFolder, ownGroups } from './cgroup.ts'
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

test('1,769 MB are one processor', () => {
  assert.deepEqual([128, 1769, 3538, 10_240].map(cpuQuotaUs), [7236, 100_000, 200_000, 578_858])
})

test('the kernel’s bound leaves room for the files in /tmp', () => {
  assert.equal(hardLimitBytes({ memoryMb: 128, temporaryMb: 512 }), 640 * 2 ** 20)
})
