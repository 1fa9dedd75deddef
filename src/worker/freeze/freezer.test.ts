import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { realClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { groupName } from '../limits/group-name.ts'
import { descendants } from '../limits/process-tree.ts'
import { until } from '../testing.ts'
import { cgroupV1Freezer, cgroupV2Freezer } from './cgroups.ts'
import type { Freezer } from './freezer.ts'
import { signalFreezer } from './signals.ts'

const makers: Record<Freezer['name'], () => Freezer | undefined> = {
  'cgroup-v2': () => cgroupV2Freezer(groupName(realRandom.hex(4)), realClock),
  'cgroup-v1': () => cgroupV1Freezer(groupName(realRandom.hex(4)), realClock),
  signals: () => signalFreezer,
}

for (const [name, make] of Object.entries(makers)) {
  describe(`freezing by ${name}`, { skip: process.platform !== 'linux' && 'there is no /proc' }, () => {
    test('stops a process and its children, and thawing lets them go on', async (t) => {
      const busy = await frozenTree(t, make)
      if (busy === undefined) return t.skip('this machine has none that the test may write to')
      const { tree, freezable } = busy
      const before = ticksOf(tree)
      await sleep(150)
      assert.equal(ticksOf(tree), before)

      freezable.thaw()

      await until(() => ticksOf(tree) > before)
    })

    test('what is frozen and thawed right before can be killed, and leaves nothing', async (t) => {
      const busy = await frozenTree(t, make)
      if (busy === undefined) return t.skip('this machine has none that the test may write to')
      const { child, tree, freezable, freezer } = busy
      const exited = once(child, 'exit')

      freezable.thaw()
      for (const pid of tree) process.kill(pid, 'SIGKILL')
      await exited
      await freezable.remove()
      await freezer.close()

      for (const folder of freezer.folders) assert.throws(() => readFileSync(`${folder}/cgroup.procs`))
    })
  })
}

/** A process with a child, both of which do nothing but use the processor, frozen. */
async function frozenTree(t: TestContext, make: () => Freezer | undefined) {
  const freezer = make()
  if (freezer === undefined) return undefined
  const freezable = freezer.create('e1-1', [])
  const child = spawn('sh', ['-c', 'while :; do :; done & while :; do :; done'], { stdio: 'ignore' })
  t.after(() => clean(child, tree, freezer, freezable))
  let tree: number[] = []
  await until(() => {
    tree = descendants(child.pid as number)
    return tree.length === 2
  })
  for (const group of freezable.cgroups)
    for (const pid of tree) writeFileSync(`${group}/cgroup.procs`, String(pid))
  freezable.started(child.pid as number)
  freezable.freeze()
  await sleep(20)
  return { child, tree, freezer, freezable }
}

async function clean(
  child: ChildProcess,
  tree: readonly number[],
  freezer: Freezer,
  freezable: ReturnType<Freezer['create']>,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  freezable.thaw()
  for (const pid of tree) process.kill(pid, 'SIGKILL')
  await freezable.remove()
  await freezer.close()
}

/** Processor time of them all, in the kernel's ticks. */
function ticksOf(pids: readonly number[]): number {
  return pids
    .map((pid) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(' '))
    .reduce((sum, fields) => sum + Number(fields[13]) + Number(fields[14]), 0)
}
