import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from '@aws-sdk/client-lambda'
import { realClock } from '../src/base/clock.ts'
import { type Platform, platform } from './support/platform.ts'

/** A busy machine lets a pass wait for a minute. */
const DEADLINE_MS = 150_000

const LARGE = {
  'index.mjs': `import module from 'node:module'
import './large.mjs'
export const handler = async () => module.getCompileCacheDir() !== undefined`,
  'large.mjs': Array.from({ length: 4000 }, (_, i) => `export const f${i} = () => ${i}\n`).join(''),
}

test('a version’s modules are compiled ahead for the cold starts after its first, unless that is turned off', async (t) => {
  const on = await platform(t)
  const off = await platform(t, { compileAhead: 'false' })
  for (const one of [off, on]) assert.equal(await coldStart(one, 'f'), false)

  const deadline = realClock.elapsed() + DEADLINE_MS
  while (!isCompiled(on)) {
    assert.ok(realClock.elapsed() < deadline, 'nothing was compiled')
    await realClock.sleep(50)
  }
  assert.equal(isCompiled(off), false)

  for (const { lambda } of [on, off]) {
    const Environment = { Variables: { TURN: '2' } }
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'f', Environment }))
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 10 }, { FunctionName: 'f' })
  }
  assert.equal((await on.invoke('f')).payload, true)
  assert.equal((await off.invoke('f')).payload, false)
})

async function coldStart({ createFunction, invoke }: Platform, name: string): Promise<unknown> {
  await createFunction(LARGE, { name })
  return (await invoke(name)).payload
}

function isCompiled({ data }: Platform): boolean {
  const cache = `${data}/cache/code`
  return readdirSync(cache).some((name) => !name.includes('.') && existsSync(`${cache}/${name}/link`))
}
