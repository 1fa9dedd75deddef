import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { createRuntimeFinder, type FoundRuntime } from '../../src/worker/runtimes/finder.ts'
import { startRuntime, until } from '../testing/runtime.ts'

const bootstrap = path.join(import.meta.dirname, 'bootstrap.rb')
const finder = createRuntimeFinder({ env: process.env, home: homedir() })
const found = (await finder.list()).filter(
  (one): one is FoundRuntime => one.kind === 'found' && one.runtime.startsWith('ruby'),
)
const binaries = [...new Map(found.map((one) => [one.binary, one.version]))]
if (binaries.length === 0) test('the Ruby runtime', { skip: 'skipped: no Ruby on this machine' })

for (const [binary, version] of binaries) {
  type Options = Partial<Parameters<typeof startRuntime>[1]>
  const start = (t: TestContext, code: Record<string, string> | string, options: Options = {}) =>
    startRuntime(t, {
      argv: [binary, '--disable-gems', bootstrap],
      code: typeof code === 'string' ? { 'app.rb': code } : code,
      handler: 'app.handler',
      ...options,
      env: { LC_CTYPE: 'C.UTF-8', LAMBDAD_LAYERS_ROOT: 'layers', ...options.env },
    })

  describe(`Ruby ${version} by ${binary}`, { concurrency: 4, timeout: 20_000 }, () => {
    test('echoes events, one after another, each answer in one write with the next question', async (t) => {
      const r = await start(t, 'def handler(event:, context:) = event')
      const values = [{ a: [1, 2.5, true, null] }, 'text', null, -7, 'grüße 🎉 \u2028', [], '"\\']
      for (const value of values) assert.deepEqual((await r.invoke(value)).json, value)
      assert.equal(r.pipelined.filter(Boolean).length, values.length)
    })

    test('speaks TCP where there is no socket, takes events in pieces and chunks, carries 6 MB', async (t) => {
      const r = await start(t, 'def handler(event:, context:) = event', { transport: 'tcp' })
      const event = { text: 'grüße '.repeat(20) }
      for (const options of [{ slowly: true }, { chunked: true }, { chunked: true, slowly: true }, {}]) {
        assert.deepEqual((await r.invoke(event, options)).json, event)
      }
      const text = 'x'.repeat(6_000_000)
      assert.equal((await r.invoke(text)).json, text)
    })

    test('takes an empty payload for an empty object, what is not JSON as text, and answers an IO as it is', async (t) => {
      const r = await start(
        t,
        `require 'stringio'
def handler(event:, context:) = event.is_a?(String) ? StringIO.new(event.reverse) : event`,
      )
      assert.deepEqual((await r.invoke(0, { raw: '' })).json, {})
      const { body, headers } = await r.invoke(0, { raw: 'abc', headers: { 'Content-Type': 'text/plain' } })
      assert.deepEqual([body.toString(), headers['content-type']], ['cba', 'application/unknown'])
    })

    test('a handler may be a method of a class or a module, in a folder too', async (t) => {
      const source = 'module App; class Api; def self.call(event:, context:) = [name, event]; end; end'
      const r = await start(t, { 'lib/api.rb': source }, { handler: 'lib/api.App::Api.call' })
      assert.deepEqual((await r.invoke(1)).json, ['App::Api', 1])
    })

    test('gives the whole context', async (t) => {
      const r = await start(
        t,
        `def handler(event:, context:)
  [context.aws_request_id, context.function_name, context.function_version, context.memory_limit_in_mb,
   context.invoked_function_arn, context.log_group_name, context.log_stream_name, context.client_context,
   context.identity, context.tenant_id, context.get_remaining_time_in_millis.between?(1, 3000), ENV['_X_AMZN_TRACE_ID'],
   ENV['LAMBDAD_RUNTIME_SOCKET'], ENV['_LAMBDA_TELEMETRY_LOG_FD']]
end`,
      )
      const headers = {
        'Lambda-Runtime-Client-Context': '{"custom":{"a":1}}',
        'Lambda-Runtime-Cognito-Identity': '{"cognitoIdentityId":"id"}',
        'Lambda-Runtime-Aws-Tenant-Id': 'tenant',
        'Lambda-Runtime-Trace-Id': 'Root=1',
      }
      const { json } = await r.invoke({}, { id: 'an-id', headers })
      assert.deepEqual(json, [
        'an-id',
        'f',
        '$LATEST',
        '128',
        'arn:aws:lambda:us-east-1:000000000000:function:f',
        '/aws/lambda/f',
        '2026/11/21/[$LATEST]00000000000000000000000000000000',
        { custom: { a: 1 } },
        { cognitoIdentityId: 'id' },
        'tenant',
        true,
        'Root=1',
        null,
        null,
      ])
    })

    test('an error has its type and the function’s part of its stack, and the next event comes', async (t) => {
      const r = await start(
        t,
        `class Own < StandardError; end
def handler(event:, context:)
  return event unless event == 1
  fail_now
end
def fail_now = raise(Own, 'broken ü')`,
      )
      const { kind, json, headers } = await r.invoke(1)
      assert.equal(kind, 'error')
      assert.deepEqual([json.errorType, json.errorMessage], ['Function<Own>', 'broken ü'])
      assert.equal(json.stackTrace.length, 2)
      assert.match(json.stackTrace[0], /task\/app\.rb:6:in/)
      assert.equal(headers['lambda-runtime-function-error-type'], 'Function<UserException>')
      assert.match(
        (await until(() => r.frames[0])).text,
        /^\{"message":"Error raised from handler method","errorMessage"/,
      )
      assert.equal((await r.invoke(2)).json, 2)
    })

    for (const [what, source, type] of [
      ['a NameError', 'nowhere', 'Function<NameError>'],
      ['a stack overflow', 'handler(event: 1, context: 2)', 'Function<SystemStackError>'],
    ] as const) {
      test(`after ${what} the process ends`, async (t) => {
        const r = await start(t, `def handler(event:, context:)\n  ${source}\nend`)
        assert.equal((await r.invoke({})).json.errorType, type)
        assert.equal(await r.exit, 255)
      })
    }

    for (const [what, code, handler, type, message] of [
      [
        'a file that is not there',
        {},
        'nowhere.handler',
        'Init<LoadError>',
        /cannot load such file -- nowhere/,
      ],
      ['a file that raises', { 'app.rb': 'raise "broken"' }, 'app.handler', 'Init<RuntimeError>', /^broken$/],
      ['a file with a syntax error', { 'app.rb': 'def (' }, 'app.handler', 'Init<SyntaxError>', /app\.rb/],
      ['a file that exits', { 'app.rb': 'exit' }, 'app.handler', 'Init<SystemExit>', /^exit$/],
      [
        'a handler without a dot',
        {},
        'app',
        'Init<ArgumentError>',
        /^Invalid handler \["app"\], must be of form/,
      ],
    ] as const) {
      test(`${what} fails init`, async (t) => {
        const r = await start(t, { ...code }, { handler })
        const { json } = await r.initError
        assert.equal(json.errorType, type)
        assert.match(json.errorMessage, message)
        assert.equal(await r.exit, 252)
      })
    }

    test('a handler method that is not there fails its invocation', async (t) => {
      const r = await start(t, '', { handler: 'app.none' })
      assert.equal((await r.invoke({})).json.errorType, 'Function<NoMethodError>')
    })

    test('a Logger writes frames, as text with the invocation’s id and as JSON with levels', async (t) => {
      const source = `require 'logger'
LOG = Logger.new($stdout)
def handler(event:, context:)
  LOG.debug('fine')
  LOG.warn('grüße')
  LOG.error(ArgumentError.new('wrong'))
end`
      const text = await start(t, source)
      await text.invoke({}, { id: 'an-id' })
      await until(() => text.frames.length === 3)
      assert.match(text.frames[1]?.text ?? '', /^W, \[\d{4}-\S+ #\d+\] {2}WARN an-id -- : grüße\n$/)
      const env = { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' }
      const json = await start(t, source, { env })
      await json.invoke({}, { id: 'an-id' })
      await until(() => json.frames.length === 2)
      assert.deepEqual([json.frames[0]?.type, json.frames[0]?.level], ['JSON', 'WARN'])
      const { timestamp, ...record } = JSON.parse(json.frames[0]?.text ?? '')
      assert.deepEqual(record, { level: 'WARN', message: 'grüße', requestId: 'an-id' })
      assert.equal(JSON.parse(json.frames[1]?.text ?? '').errorType, 'ArgumentError')
      assert.ok(timestamp)
    })

    test('a gem of vendor/bundle, of a layer, and none', async (t) => {
      const line = `${version.split('.').slice(0, 2).join('.')}.0`
      const gem = (folder: string, name: string) => ({
        [`${folder}/gems/${name}-1.0.0/lib/${name}.rb`]: `module ${name.toUpperCase()}; FROM = __FILE__; end`,
        [`${folder}/specifications/${name}-1.0.0.gemspec`]: `Gem::Specification.new { |s| s.name = '${name}'; s.version = '1.0.0'; s.summary = 's'; s.authors = ['a']; s.require_paths = ['lib'] }`,
      })
      const code = {
        ...gem(`vendor/bundle/ruby/${line}`, 'bundled'),
        ...gem(`layers/ruby/gems/${line}`, 'layered'),
        'layers/ruby/lib/plain.rb': 'PLAIN = 1',
        'app.rb': `require 'bundled'
require 'layered'
require 'plain'
def handler(event:, context:) = [BUNDLED::FROM, LAYERED::FROM, PLAIN, Gem::VERSION.class.name]`,
      }
      const r = await start(t, code)
      const [bundled, layered, ...rest] = (await r.invoke({})).json
      assert.match(bundled, /vendor\/bundle/)
      assert.match(layered, /layers\/ruby\/gems/)
      assert.deepEqual(rest, [1, 'String'])
      const late = await start(t, "def handler(event:, context:) = [Gem::VERSION.class.name, gem('json')]")
      assert.equal((await late.invoke({})).json[0], 'String')
    })

    test('without its Runtime API it ends', async (t) => {
      const r = await start(t, 'def handler(event:, context:) = event')
      await r.ready
      await r.close()
      assert.equal(await r.exit, 1)
      assert.match(r.stderr(), /lambdad: the Runtime API is gone/)
    })
  })
}
