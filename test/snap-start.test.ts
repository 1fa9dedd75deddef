import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  GetFunctionConfigurationCommand,
  PublishVersionCommand,
  waitUntilPublishedVersionActive,
} from '@aws-sdk/client-lambda'
import { findBubblewrap } from '../src/worker/sandbox/choose.ts'
import { runtimes } from './runtimes/languages.ts'
import { type Platform, platform } from './support/platform.ts'

// SnapStart as an AWS client sees it.

const probe = mkdtempSync('/tmp/lambdad-bwrap-')
const sandboxed = process.getuid?.() === 0 && !('why' in (await findBubblewrap(probe)))
rmSync(probe, { recursive: true })
const python = await runtimes.find('python3.12')
const skip =
  python.kind === 'missing' || !python.exact
    ? 'skipped: no Python 3.12'
    : !sandboxed && 'skipped: forks need root and bubblewrap'

const SOURCE = `import os, random, time
born = random.getrandbits(62)
time.sleep(0.3)
def handler(event, context):
    time.sleep(event.get('sleep', 0))
    return [born, random.getrandbits(62), os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'], os.getuid()]
`

async function published(t: TestContext, source: string): Promise<Platform & { name: string }> {
  const lambdad = await platform(t)
  const name = await lambdad.createFunction(
    { 'index.py': source },
    { Runtime: 'python3.12', SnapStart: { ApplyOn: 'PublishedVersions' }, Timeout: 10 },
  )
  const { State } = await lambdad.lambda.send(new PublishVersionCommand({ FunctionName: name }))
  assert.equal(State, 'Pending')
  return { ...lambdad, name }
}

const waits = { maxWaitTime: 20, minDelay: 0.05, maxDelay: 1 }

test('a published version is initialised once, and every environment starts from there', {
  skip,
}, async (t) => {
  const { lambda, logs, invoke, name } = await published(t, SOURCE)
  const version = { FunctionName: name, Qualifier: '1' }
  await waitUntilPublishedVersionActive({ client: lambda, ...waits }, version)
  const { SnapStart } = await lambda.send(new GetFunctionConfigurationCommand(version))
  assert.deepEqual(SnapStart, { ApplyOn: 'PublishedVersions', OptimizationStatus: 'On' })

  const calls = [1, 2, 3].map(() => invoke(name, { sleep: 0.2 }, { Qualifier: '1', LogType: 'Tail' }))
  const results = await Promise.all(calls)
  const seen = results.map(({ payload }) => payload as [number, number, string, number])
  assert.equal(new Set(seen.map(([born]) => born)).size, 1)
  assert.equal(new Set(seen.map(([, drawn]) => drawn)).size, 3)
  assert.equal(new Set(seen.map(([, , , uid]) => uid)).size, 3)
  assert.deepEqual(new Set(seen.map(([, , type]) => type)), new Set(['snap-start']))
  for (const { log } of results) {
    assert.match(
      log ?? '',
      /Max Memory Used: \d+ MB\tRestore Duration: \d+\.\d\d ms\tBilled Restore Duration: \d+ ms\t\n$/,
    )
  }

  const lines: string[] = []
  for (let tries = 0; tries < 50 && !lines.some((line) => line.startsWith('RESTORE_REPORT')); tries++) {
    const { events = [] } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` }),
    )
    lines.push(...events.map(({ message = '' }) => message))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.ok(lines.some((line) => /^INIT_START Runtime Version: python:3\.12\.v1/.test(line)))
  assert.ok(
    lines.some((line) => /^INIT_REPORT Init Duration: [3-9]\d\d\.\d\d ms\tPhase: init\n$/.test(line)),
    lines.join(),
  )
  assert.ok(lines.some((line) => /^RESTORE_START Runtime Version: python:3\.12\.v1/.test(line)))
  assert.ok(lines.some((line) => /^RESTORE_REPORT Restore Duration: \d+\.\d\d ms\n$/.test(line)))
})

test('$LATEST runs its init on demand', { skip }, async (t) => {
  const { invoke, name } = await published(t, SOURCE)
  assert.equal((await invoke(name, {})).payload[2], 'on-demand')
})

test('a version whose init fails is Failed, and is not invoked', { skip }, async (t) => {
  const { lambda, invoke, name } = await published(t, "raise ValueError('never')")
  const version = { FunctionName: name, Qualifier: '1' }
  await assert.rejects(waitUntilPublishedVersionActive({ client: lambda, ...waits }, version))
  const { State, StateReasonCode } = await lambda.send(new GetFunctionConfigurationCommand(version))
  assert.deepEqual([State, StateReasonCode], ['Failed', 'FunctionError'])
  await assert.rejects(invoke(name, {}, { Qualifier: '1' }), { name: 'ResourceConflictException' })
})
