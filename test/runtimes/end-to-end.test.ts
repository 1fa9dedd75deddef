import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { compileFixtures } from '../../runtimes/java/testing/compile.ts'
import { platform } from '../support/platform.ts'
import { zipOf } from '../support/zip.ts'
import { runtimes } from './languages.ts'

// Java and Ruby as an AWS client sees them: log and error included.

const RUBY = readFileSync(path.join(import.meta.dirname, 'fixtures/ruby/index.rb'), 'utf8')

for (const [runtime, handler, files, errorType] of [
  ['java17', 'example.Fixture', compileFixtures(), 'example.OwnError'],
  ['ruby3.4', 'index.handler', { 'index.rb': RUBY }, 'Function<OwnError>'],
] as const) {
  const found = await runtimes.find(runtime)
  const skip = found.kind === 'missing' ? found.message : files === undefined && 'skipped: no javac'
  test(`${runtime} by the SDK: a result, an error, a log`, { skip }, async (t) => {
    const { createFunction, invoke } = await platform(t)
    const Code = { ZipFile: await zipOf(files ?? {}) }
    const options = { Runtime: runtime, Handler: handler, MemorySize: 512, Timeout: 20, Code }
    const name = await createFunction({}, options)
    assert.deepEqual((await invoke(name, { action: 'echo', value: ['ü'] })).payload, ['ü'])
    const logged = await invoke(name, { action: 'log' }, { LogType: 'Tail' })
    assert.match(logged.log ?? '', /^START RequestId: [\s\S]*printed ü\n[\s\S]*END RequestId: /)
    assert.match(logged.log ?? '', /logged ü\n/)
    const failed = await invoke(name, { action: 'fail' }, { LogType: 'Tail' })
    assert.equal(failed.functionError, 'Unhandled')
    assert.deepEqual([failed.payload.errorType, failed.payload.errorMessage], [errorType, 'broken ü'])
    assert.ok((failed.log ?? '').includes('broken ü'))
  })
}
