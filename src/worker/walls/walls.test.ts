import assert from 'node:assert/strict'
import { existsSync, globSync, rmdirSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { childrenOf, commandOf, sandboxesHere, testWorker, until } from '../testing.ts'

const here = process.getuid?.() === 0 && (await sandboxesHere()).includes('bubblewrap')
const skip = !here && 'it takes root, and bubblewrap for what it does not make'

/** What the sandbox's first process is: its command line can be read by all. */
const FIRST = `exports.handler = () => require('node:fs').readFileSync('/proc/1/cmdline', 'latin1').replace(/\\0.*/s, '')`
const BY_WALLS = 'init '
const BY_BUBBLEWRAP = /bwrap$/

describe('the walls helper', { skip }, () => {
  test('makes sandboxes once it is there, and bubblewrap those before', async (t) => {
    const { startFunction, worker, reported } = await testWorker(t, 'bubblewrap')
    assert.match((await startFunction(FIRST).call()) as string, BY_BUBBLEWRAP)

    await worker.prepare()

    assert.equal(await startFunction(FIRST).call(), BY_WALLS.trim())
    assert.deepEqual(reported, [])
  })

  test('leaves custom runtimes, which may not run before their limits hold, to bubblewrap', async (t) => {
    const { startFunction } = await testWorker(t, 'bubblewrap', { prepared: true })
    const bootstrap = `#!/bin/sh
      id=$(curl -sS -D - -o /tmp/e http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next | tr -d '\\r' | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //ip')
      curl -sS -d "\\"$(tr '\\0' ' ' < /proc/1/cmdline | cut -d' ' -f1)\\"" http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response >/dev/null`
    const fn = startFunction([{ name: 'bootstrap', mode: 0o100755, data: bootstrap }], {
      runtime: 'provided.al2023',
    })

    assert.match((await fn.call()) as string, BY_BUBBLEWRAP)
  })

  test('that is killed takes its sandboxes along, and another follows', async (t) => {
    const { startFunction, reported } = await testWorker(t, 'bubblewrap', { prepared: true })
    const fn = startFunction(FIRST)
    assert.equal(await fn.call(), BY_WALLS.trim())
    const helper = helperHere()

    process.kill(helper, 'SIGKILL')
    await until(() => !existsSync(`/proc/${helper}`))

    assert.match((await startFunction(FIRST).call()) as string, BY_BUBBLEWRAP)
    await until(() => helperHere() !== undefined)
    assert.deepEqual(reported, [])
  })

  test('that cannot make one leaves it to bubblewrap, and says so when it cannot go on', async (t) => {
    const { startFunction, folder, reported, log } = await testWorker(t, 'bubblewrap', { prepared: true })
    const [base = ''] = globSync(`${folder}/run/*/sandbox/root`)
    rmdirSync(base)
    writeFileSync(base, '')

    for (let n = 0; n < 4; n++) assert.match((await startFunction(FIRST).call()) as string, BY_BUBBLEWRAP)

    assert.deepEqual(reported.map(String), [
      'Error: From now on sandboxes are made by bubblewrap, which takes longer: mount: Not a directory',
    ])
    assert.equal(log.text, '')
  })

  test('words of an order may be anything that a path and a variable may be', async (t) => {
    const { startFunction } = await testWorker(t, 'bubblewrap', { prepared: true })
    const MANY = 'ä\n\t€ '.repeat(100)
    const fn = startFunction(`exports.handler = () => [process.env.MANY, process.env.EMPTY]`, {
      variables: { MANY, EMPTY: '' },
    })

    assert.deepEqual(await fn.call(), [MANY, ''])
  })

  test('a program that is not there is exit status 127', async (t) => {
    const { startFunction, log } = await testWorker(t, 'bubblewrap', {
      prepared: true,
      runtimes: {
        find: async () => ({
          kind: 'found',
          plan: () => ({ argv: ['/nowhere/node'], env: {}, mounts: [], runtimeVersion: 'nodejs:24.v1' }),
        }),
      },
    })

    const failed = (await startFunction('').call()) as { errorMessage: string }

    assert.match(failed.errorMessage, /exit status 127/)
    assert.match(log.text, /\/nowhere\/node: No such file or directory/)
  })

  test('ends with the worker, and so does what it made', async (t) => {
    const { startFunction, worker } = await testWorker(t, 'bubblewrap', { prepared: true })
    await startFunction(FIRST).call()
    const [first = 0] = childrenOf(helperHere())
    assert.ok(first > 0)

    await worker.stop()

    assert.equal(existsSync(`/proc/${first}`), false)
  })
})

function helperHere(): number {
  return childrenOf(process.pid).find((pid) => commandOf(pid).includes('walls.pl')) as number
}
