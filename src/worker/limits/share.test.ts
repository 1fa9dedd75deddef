import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testWorker } from '../testing.ts'

const USES = `
  const share = (ms) => {
    const [cpu, began] = [process.cpuUsage(), performance.now()]
    while (performance.now() - began < ms);
    const { user, system } = process.cpuUsage(cpu)
    return (user + system) / 1000 / (performance.now() - began)
  }`

test('init has a processor, and from then on a function has what its memory size gives', async (t) => {
  const { startFunction, worker } = await testWorker(t, 'process')
  if (!worker.isolation().limited.includes('processor time'))
    return t.skip('processor time is not limited here')
  const fn = startFunction(`${USES}\nconst init = share(200)\nexports.handler = () => [init, share(700)]`, {
    memoryMb: 128,
  })

  const [init, work] = (await fn.call()) as [number, number]

  // 128 of 1,769 MB are 7 % of a processor.
  assert.ok(work < 0.15, `${work} of a processor`)
  assert.ok(init > 2 * work, `${init} of a processor in init, ${work} in work`)
})
