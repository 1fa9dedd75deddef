import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type RunningRuntime, startRuntime, until } from '../testing/runtime.ts'

const bootstrap = path.join(import.meta.dirname, 'bootstrap.cjs')

interface Variant {
  readonly binary: string
  readonly runtime: string
}

/** Each runtime that promises something of its own, on its own Node where the machine has it. */
function variants(): Variant[] {
  const found: Variant[] = [
    { binary: process.execPath, runtime: 'nodejs24.x' },
    { binary: process.execPath, runtime: 'nodejs22.x' },
  ]
  for (const binary of ['/usr/local/bin/node', '/usr/bin/node'].filter((file) => existsSync(file))) {
    const major = Number(execFileSync(binary, ['-p', 'process.versions.node.split(".")[0]']).toString())
    if (major >= 20 && major <= 22) found.push({ binary, runtime: `nodejs${major}.x` })
  }
  return found
}

type Options = Partial<Parameters<typeof startRuntime>[1]>

for (const { binary, runtime } of variants()) {
  const modern = runtime === 'nodejs24.x'
  const start = (t: TestContext, code: Record<string, string> | string, options: Options = {}) =>
    startRuntime(t, {
      argv: [binary, bootstrap],
      code: typeof code === 'string' ? { 'index.js': code } : code,
      handler: 'index.handler',
      ...options,
      env: { AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`, ...options.env },
    })
  /** The error that init ends with, and that the process ends for it. */
  const failedInit = async (started: RunningRuntime) => {
    const { json } = await started.initError
    assert.equal(await started.exit, 129)
    return json as { errorType: string; errorMessage: string; trace: string[] }
  }

  describe(`${runtime} on ${path.basename(realpathSync(binary))} ${binary}`, {
    concurrency: 4,
    timeout: 20_000,
  }, () => {
    test('echoes events, one after another, each answer in one write with the next question', async (t) => {
      const r = await start(t, 'exports.handler = async (event) => event')
      for (const event of [{ a: 1 }, 'text', null, [1, 2], 'grüße 🎉 \u2028', 0.5]) {
        assert.deepEqual((await r.invoke(event)).json, event)
      }
      assert.equal(r.pipelined.filter(Boolean).length, 6)
    })

    test('speaks TCP where there is no socket', async (t) => {
      const r = await start(t, 'exports.handler = async (event) => event', { transport: 'tcp' })
      assert.deepEqual((await r.invoke({ a: 1 })).json, { a: 1 })
    })

    test('takes events that arrive in pieces, or in chunks without a length', async (t) => {
      const r = await start(t, 'exports.handler = async (event) => event')
      const event = { text: 'grüße '.repeat(20) }
      for (const options of [{ slowly: true }, { chunked: true }, { chunked: true, slowly: true }, {}]) {
        assert.deepEqual((await r.invoke(event, options)).json, event)
      }
    })

    test('carries 6 MB in and out', async (t) => {
      const r = await start(t, 'exports.handler = async (event) => event')
      const text = 'ä'.repeat(3_000_000)
      assert.equal((await r.invoke(text)).json, text)
      assert.deepEqual((await r.invoke({ after: 1 })).json, { after: 1 })
    })

    test('takes an empty payload for an empty object, and answers null for undefined', async (t) => {
      const r = await start(
        t,
        'exports.handler = async (e) => (Object.keys(e).length ? undefined : { empty: true })',
      )
      assert.deepEqual((await r.invoke(0, { raw: '' })).json, { empty: true })
      assert.equal((await r.invoke({ a: 1 })).body.toString(), 'null')
    })

    test('keeps its module, its folder and its trace header', async (t) => {
      const r = await start(
        t,
        `let calls = 0
         exports.handler = async () => [++calls, process.cwd(), process.env._X_AMZN_TRACE_ID, process.env.LAMBDAD_RUNTIME_SOCKET]`,
      )
      assert.deepEqual((await r.invoke({}, { headers: { 'Lambda-Runtime-Trace-Id': 'Root=1' } })).json, [
        1,
        r.taskRoot,
        'Root=1',
        null,
      ])
      assert.equal((await r.invoke({})).json[0], 2)
    })

    test('has the trace of each invocation in process.env, whoever looks and however', async (t) => {
      const r = await start(
        t,
        `const { execFileSync } = require('node:child_process')
         const env = process.env
         const child = (options) => execFileSync('/bin/sh', ['-c', 'echo $_X_AMZN_TRACE_ID'], options).toString().trim()
         const ways = {
           get: () => process.env._X_AMZN_TRACE_ID,
           kept: () => env._X_AMZN_TRACE_ID,
           copy: () => ({ ...process.env })._X_AMZN_TRACE_ID,
           listed: () => Object.entries(process.env).find(([name]) => name === '_X_AMZN_TRACE_ID')?.[1],
           has: () => '_X_AMZN_TRACE_ID' in process.env && process.env._X_AMZN_TRACE_ID,
           own: () => Object.hasOwn(process.env, '_X_AMZN_TRACE_ID') && process.env._X_AMZN_TRACE_ID,
           child: () => child(),
           childOfCopy: () => child({ env: { ...process.env, MORE: '1' } }),
           shell: () => child({ env: process.env }),
         }
         exports.handler = async (way) => ways[way]()`,
      )
      const ways = ['get', 'kept', 'copy', 'listed', 'has', 'own', 'child', 'childOfCopy', 'shell']
      for (const [n, way] of ways.entries()) {
        const { json } = await r.invoke(way, { headers: { 'Lambda-Runtime-Trace-Id': `Root=${n}` } })
        assert.deepEqual([way, json], [way, `Root=${n}`])
      }
    })

    test('lets a function change its trace, until the next invocation', async (t) => {
      const r = await start(
        t,
        `exports.handler = async (how) => {
           if (how === 'set') process.env._X_AMZN_TRACE_ID = 'mine'
           if (how === 'delete') delete process.env._X_AMZN_TRACE_ID
           if (how === 'define') Object.defineProperty(process.env, '_X_AMZN_TRACE_ID', { value: 'defined', writable: true, enumerable: true, configurable: true })
           return [process.env._X_AMZN_TRACE_ID ?? null, { ...process.env }._X_AMZN_TRACE_ID ?? null]
         }`,
      )
      const traced = { headers: { 'Lambda-Runtime-Trace-Id': 'Root=1' } }
      assert.deepEqual((await r.invoke('set', traced)).json, ['mine', 'mine'])
      assert.deepEqual((await r.invoke('', traced)).json, ['Root=1', 'Root=1'])
      assert.deepEqual((await r.invoke('delete', traced)).json, [null, null])
      assert.deepEqual((await r.invoke('define', traced)).json, ['defined', 'defined'])
      assert.deepEqual((await r.invoke('', traced)).json, ['Root=1', 'Root=1'])
    })

    test('gives its trace to threads that it starts', async (t) => {
      const r = await start(
        t,
        `const { Worker } = require('node:worker_threads')
         exports.handler = () => new Promise((done) => {
           const thread = new Worker("require('node:worker_threads').parentPort.postMessage(process.env._X_AMZN_TRACE_ID)", { eval: true })
           thread.once('message', done)
         })`,
      )
      for (const trace of ['Root=1', 'Root=2']) {
        const { json } = await r.invoke({}, { headers: { 'Lambda-Runtime-Trace-Id': trace } })
        assert.equal(json, trace)
      }
    })

    test('gives the whole context', async (t) => {
      const r = await start(
        t,
        `exports.handler = async (event, context) => ({
           ...context, left: context.getRemainingTimeInMillis(), done: typeof context.done })`,
      )
      const { json } = await r.invoke(
        {},
        {
          id: 'id-1',
          deadlineMs: Date.now() + 5000,
          headers: {
            'Lambda-Runtime-Client-Context': '{"custom":{"who":"grüße"}}',
            'Lambda-Runtime-Cognito-Identity': '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}',
            'Lambda-Runtime-Aws-Tenant-Id': 'tenant',
          },
        },
      )
      assert.ok(json.left > 3000 && json.left <= 5000)
      assert.equal(json.done, modern ? 'undefined' : 'function')
      if (!modern) assert.equal(json.callbackWaitsForEmptyEventLoop, true)
      delete json.callbackWaitsForEmptyEventLoop
      delete json.left
      delete json.done
      assert.deepEqual(json, {
        awsRequestId: 'id-1',
        clientContext: { custom: { who: 'grüße' } },
        functionName: 'f',
        functionVersion: '$LATEST',
        identity: { cognitoIdentityId: 'i', cognitoIdentityPoolId: 'p' },
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
        logGroupName: '/aws/lambda/f',
        logStreamName: '2026/11/21/[$LATEST]00000000000000000000000000000000',
        memoryLimitInMB: '128',
        tenantId: 'tenant',
      })
    })

    test('tells what a handler threw, whatever it was, and goes on', async (t) => {
      const r = await start(
        t,
        `class Mine extends Error { constructor(m) { super(m); this.name = 'Mine'; this.extra = 1 } }
         exports.handler = async (what) => {
           if (what === 'error') throw new Mine('bö\\nse')
           if (what === 'text') throw 'just text'
           if (what === 'undefined') throw undefined
           if (what === 'circular') { const a = {}; a.a = a; return a }
           if (what === 'bigint') return 1n
           return what
         }`,
      )
      const error = await r.invoke('error')
      assert.equal(error.kind, 'error')
      assert.equal(error.headers['lambda-runtime-function-error-type'], 'Mine')
      assert.equal(error.json.errorType, 'Mine')
      assert.equal(error.json.errorMessage, 'bö\nse')
      assert.match(
        error.json.trace[2],
        /at (exports\.handler|Runtime\.handler|handler|module.exports.handler).*index\.js:3/,
      )
      const cause = JSON.parse(error.headers['lambda-runtime-function-xray-error-cause'] ?? '')
      assert.equal(cause.exceptions[0].stack[0].line, 3)
      assert.deepEqual((await r.invoke('text')).json, {
        errorType: 'string',
        errorMessage: 'just text',
        trace: [],
      })
      assert.deepEqual((await r.invoke('undefined')).json.errorType, modern ? 'undefined' : 'string')
      for (const what of ['circular', 'bigint']) {
        const { json } = await r.invoke(what)
        assert.equal(json.errorType, modern ? 'Runtime.JSONStringifyError' : 'Error')
        assert.equal(json.errorMessage, 'Unable to stringify response body')
      }
      assert.equal((await r.invoke('fine')).json, 'fine')

      const line = await until(() => r.frames.find(({ text }) => text.includes('Mine')))
      assert.equal(line.level, 'ERROR')
      assert.match(line.text, new RegExp(`^\\S+Z\t${error.id}\tERROR\tInvoke Error \t\\{"errorType":"Mine"`))
      const logged = JSON.parse(line.text.split('Invoke Error \t')[1] ?? '')
      assert.equal(logged.extra, 1)
      assert.equal(logged.stack[0], 'Mine: bö')
    })

    test('tells of an event that is not JSON, and of headers that are not', async (t) => {
      const r = await start(t, 'exports.handler = async (event) => event')
      assert.equal((await r.invoke(0, { raw: '{"a":' })).json.errorType, 'SyntaxError')
      const { json } = await r.invoke({}, { headers: { 'Lambda-Runtime-Client-Context': '{' } })
      assert.match(json.errorMessage, /^Cannot parse ClientContext as json: SyntaxError/)
      assert.equal((await r.invoke(1)).json, 1)
    })

    test('ends on what nobody catches, after it has told the caller', async (t) => {
      const rejected = await start(
        t,
        `exports.handler = () => new Promise(() => { Promise.reject(new TypeError('lost')) })`,
      )
      const rejection = await rejected.invoke({})
      assert.equal(rejection.json.errorType, 'Runtime.UnhandledPromiseRejection')
      assert.equal(rejection.json.errorMessage, 'TypeError: lost')
      assert.equal(await rejected.exit, 128)
      const line = await until(() => rejected.frames[0])
      assert.match(line.text, /\tERROR\tUnhandled Promise Rejection \t\{.*"reason":\{"errorType":"TypeError"/)

      const thrown = await start(
        t,
        `exports.handler = () => new Promise(() => setTimeout(() => { throw new RangeError('late') }, 1))`,
      )
      assert.equal((await thrown.invoke({})).json.errorType, 'RangeError')
      assert.equal(await thrown.exit, 129)
      assert.match((await until(() => thrown.frames[0])).text, /Uncaught Exception \t/)
    })

    test('lets the function end the process', async (t) => {
      const r = await start(t, 'exports.handler = async () => { console.log("last words"); process.exit(3) }')
      void r.invoke({})
      assert.equal(await r.exit, 3)
      assert.match((await until(() => r.frames[0])).text, /last words\n$/)
    })

    test('notices a promise that can never settle', async (t) => {
      const r = await start(t, 'exports.handler = async (e) => e || new Promise(() => {})')
      const { json } = await r.invoke(0)
      assert.equal(json.errorType, 'Runtime.NodeJsExit')
      assert.match(json.errorMessage, /unexpected Node\.js exit code/)
      assert.equal((await r.invoke(1)).json, 1)
    })

    test('reports init errors in Lambda’s words', async (t) => {
      const cases: [Record<string, string>, string, string, RegExp][] = [
        [{ 'index.js': 'throw new Error("at load")' }, 'index.handler', 'Error', /^at load$/],
        [{ 'index.js': 'let let = 1' }, 'index.handler', 'Runtime.UserCodeSyntaxError', /^SyntaxError: /],
        [
          { 'index.mjs': 'export const = 1' },
          'index.handler',
          'Runtime.UserCodeSyntaxError',
          /^SyntaxError: /,
        ],
        [
          {},
          'nowhere.handler',
          'Runtime.ImportModuleError',
          /^Error: Cannot find module 'nowhere'\nRequire stack:/,
        ],
        [
          { 'index.js': 'require("not-there")' },
          'index.handler',
          'Runtime.ImportModuleError',
          /^Error: Cannot find module 'not-there'/,
        ],
        [
          { 'index.js': '' },
          'index.handler',
          'Runtime.HandlerNotFound',
          /^index\.handler is undefined or not exported$/,
        ],
        [
          { 'index.js': 'exports.a = { b: 1 }' },
          'index.a.b',
          'Runtime.HandlerNotFound',
          /^index\.a\.b is not a function$/,
        ],
        [{ 'index.js': '' }, 'index', 'Runtime.MalformedHandlerName', /^Bad handler$/],
        [
          { 'index.js': '' },
          '../index.handler',
          'Runtime.MalformedHandlerName',
          /^'\.\.\/index\.handler' is not a valid/,
        ],
      ]
      for (const [code, handler, type, message] of cases) {
        const r = await start(t, code, { handler })
        const error = await failedInit(r)
        assert.equal(error.errorType, type)
        assert.match(error.errorMessage, message)
        assert.ok(error.trace.length > 0)
        assert.match((await until(() => r.frames[0])).text, /\tundefined\tERROR\tUncaught Exception \t\{/)
      }
    })

    test('ends on a rejection while it loads', async (t) => {
      const r = await start(t, {
        'index.mjs': 'Promise.reject(new Error("x")); await new Promise(() => setTimeout(() => {}, 1e6))',
      })
      assert.equal((await r.initError).json.errorType, 'Runtime.UnhandledPromiseRejection')
      assert.equal(await r.exit, 128)
    })

    test('finds handlers in folders, nested exports, modules of every kind and in node_modules', async (t) => {
      const cases: [Record<string, string>, string][] = [
        [{ 'src/a/b.js': 'exports.handler = async () => "ok"' }, 'src/a/b.handler'],
        [{ 'index.js': 'exports.a = { b: { c: async () => "ok" } }' }, 'index.a.b.c'],
        [{ 'index.mjs': 'export const handler = async () => "ok"' }, 'index.handler'],
        [{ 'index.mjs': 'await null; export const handler = async () => "ok"' }, 'index.handler'],
        [{ 'index.cjs': 'exports.handler = async () => "ok"' }, 'index.handler'],
        [
          { 'index.js': 'export const handler = async () => "ok"', 'package.json': '{"type":"module"}' },
          'index.handler',
        ],
        [
          { 'src/index.js': 'export const handler = async () => "ok"', 'package.json': '{"type":"module"}' },
          'src/index.handler',
        ],
        [{ 'node_modules/lib/index.js': 'exports.handler = async () => "ok"' }, 'lib.handler'],
        [{ 'dir/index.js': 'exports.handler = async () => "ok"' }, 'dir.handler'],
        [{ 'we ird#%41.js': 'exports.handler = async () => "ok"' }, 'we ird#%41.handler'],
        [{ 'we ird#%41.mjs': 'export const handler = async () => "ok"' }, 'we ird#%41.handler'],
      ]
      if (modern) {
        cases.push([
          { 'index.ts': 'export const handler = async (): Promise<string> => "ok"' },
          'index.handler',
        ])
        cases.push([{ 'index.mjs': 'export default { handler: async () => "ok" }' }, 'index.handler'])
        cases.push([{ 'index.js': 'await null; export const handler = async () => "ok"' }, 'index.handler'])
      }
      for (const [code, handler] of cases) {
        const r = await start(t, code, { handler })
        const answer = await Promise.race([r.invoke({}), r.initError])
        assert.equal(answer.json, 'ok', `${handler} of ${JSON.stringify(code)}: ${answer.body}`)
      }
    })

    test('finds modules of layers by NODE_PATH', async (t) => {
      const r = await start(
        t,
        {
          'index.js': 'exports.handler = async () => require("layer")',
          'opt/layer/index.js': 'module.exports = "ok"',
        },
        { env: { NODE_PATH: 'opt' } },
      )
      assert.equal((await r.invoke({})).json, 'ok')
    })

    test('patches console: a frame per call, with time, id and level', async (t) => {
      const r = await start(
        t,
        `console.log('at init')
         exports.handler = async () => {
           for (const level of ['trace', 'debug', 'info', 'log', 'warn', 'error', 'fatal']) console[level]('a %s', level, { x: 1 })
           console.log('two\\nlines')
         }`,
      )
      const { id } = await r.invoke({})
      await until(() => r.frames.length === 9)
      assert.match(
        r.frames[0]?.text ?? '',
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\tundefined\tINFO\tat init\n$/,
      )
      const levels = ['TRACE', 'DEBUG', 'INFO', 'INFO', 'WARN', 'ERROR', 'FATAL']
      assert.deepEqual(
        r.frames.slice(1, 8).map(({ level }) => level),
        levels,
      )
      assert.ok(r.frames[3]?.text.endsWith(`Z\t${id}\tINFO\ta info { x: 1 }\n`))
      assert.ok(r.frames[8]?.text.endsWith('two\nlines\n'))
      assert.ok(r.frames.every(({ type }) => type === 'Text'))
      assert.ok(Math.abs((r.frames[0]?.timestamp ?? 0) / 1000 - Date.now()) < 60_000)
    })

    test('writes lines to stdout where there is no channel', async (t) => {
      const r = await start(t, 'exports.handler = async () => console.log("two\\nlines")', { framed: false })
      await r.invoke({})
      assert.match(await until(() => r.stdout() || undefined), /\tINFO\ttwo\rlines\n$/)
    })

    test('loses nothing of a flood of output', async (t) => {
      const r = await start(
        t,
        `exports.handler = async () => { for (let i = 0; i < 3000; i++) console.log(i, 'x'.repeat(500)); process.exit(0) }`,
      )
      void r.invoke({})
      assert.equal(await r.exit, 0)
      await until(() => r.frames.length === 3000)
      assert.ok(r.frames[2999]?.text.includes('\t2999 xxx'))
    })

    test('writes JSON records, filtered by level', async (t) => {
      const r = await start(
        t,
        `exports.handler = async () => {
           console.debug('not shown')
           console.info({ a: 1 })
           console.warn('many', new TypeError('bad'))
           console.error(new RangeError('worse'))
           const loop = {}; loop.loop = loop; console.log(loop)
           throw new Error('thrown')
         }`,
        { env: { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' } },
      )
      const { id } = await r.invoke({}, { headers: { 'Lambda-Runtime-Aws-Tenant-Id': 'tenant' } })
      await until(() => r.frames.length === 5)
      const [info, warn, error, circular, thrown] = r.frames.map(({ text }) => JSON.parse(text))
      assert.match(info.timestamp, /Z$/)
      assert.deepEqual(
        { ...info, timestamp: 0 },
        { timestamp: 0, level: 'INFO', requestId: id, tenantId: 'tenant', message: { a: 1 } },
      )
      assert.equal(warn.errorType, 'TypeError')
      assert.match(warn.message, /^many TypeError: bad\n/)
      assert.ok(Array.isArray(warn.stackTrace))
      assert.equal(error.message.errorMessage, 'worse')
      assert.match(circular.message, /Circular/)
      assert.equal(thrown.level, 'ERROR')
      assert.equal(thrown.message.errorType, 'Error')
      assert.ok(r.frames.every(({ type }) => type === 'JSON'))
    })

    test('streams responses, with a prelude where one is set', async (t) => {
      const r = await start(
        t,
        `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
           if (event === 'http') stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201 })
           if (event === 'early') throw new Error('early')
           stream.write('a')
           stream.write(Buffer.from('b'))
           if (event === 'late') throw new Error('late')
           if (event === 'open') return
           await new Promise((resolve) => setTimeout(resolve, 5))
           stream.write({ c: 1 })
           stream.end()
         })`,
      )
      const plain = await r.invoke('plain')
      assert.equal(plain.body.toString(), 'ab{"c":1}')
      assert.equal(plain.headers['lambda-runtime-function-response-mode'], 'streaming')
      assert.equal(plain.headers['content-type'], 'application/octet-stream')
      const http = await r.invoke('http')
      assert.equal(http.headers['content-type'], 'application/vnd.awslambda.http-integration-response')
      assert.equal(http.body.toString(), '{"statusCode":201}\0\0\0\0\0\0\0\0ab{"c":1}')
      assert.equal((await r.invoke('early')).json.errorMessage, 'early')
      for (const [event, message] of [
        ['late', 'late'],
        ['open', 'Response stream is not finished.'],
      ]) {
        const { trailers, body } = await r.invoke(event)
        assert.equal(body.toString(), 'ab')
        const error = JSON.parse(
          Buffer.from(trailers['lambda-runtime-function-error-body'] ?? '', 'base64').toString(),
        )
        assert.equal(error.errorMessage, message)
      }
      assert.equal((await r.invoke('plain')).body.toString(), 'ab{"c":1}')
    })

    test('what a streaming handler does too late does not get between its requests', async (t) => {
      const r = await start(
        t,
        `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
           stream.setContentType('text/event-stream')
           stream.write('a')
           if (event === 'type') stream.setContentType('text/plain')
           if (event === 'write') setTimeout(() => stream.write('late'), 1)
           if (event === 'fail') throw new Error('midway')
           stream.end()
           if (event === 'again') stream.end('b')
           if (event === 'throw') throw new Error('behind the end')
         })`,
      )
      const good = await r.invoke('good')
      assert.equal(good.headers['content-type'], 'text/event-stream')
      assert.equal(messageIn((await r.invoke('type')).trailers), 'Cannot set content-type, too late.')
      for (const event of ['write', 'fail', 'again', 'throw'])
        assert.equal((await r.invoke(event)).body.toString(), 'a', event)
      assert.equal((await r.invoke('good')).body.toString(), 'a')
    })

    test('what nobody caught within a streamed response ends that, and the process', async (t) => {
      const r = await start(
        t,
        `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
           stream.write('a')
           setTimeout(() => { throw new RangeError('nobody caught it') })
           await new Promise(() => {})
         })`,
      )
      const { body, trailers } = await r.invoke('x')
      assert.equal(body.toString(), 'a')
      assert.equal(trailers['lambda-runtime-function-error-type'], 'RangeError')
      assert.equal(messageIn(trailers), 'nobody caught it')
      assert.equal(await r.exit, 129)
    })

    if (modern) {
      test('takes the value of a handler that is not async', async (t) => {
        const r = await start(t, 'exports.handler = (event) => ({ event })')
        assert.deepEqual((await r.invoke(1)).json, { event: 1 })
      })

      test('refuses callback handlers, as Lambda does from Node.js 24 on', async (t) => {
        const error = await failedInit(
          await start(t, 'exports.handler = (event, context, callback) => callback(null, 1)'),
        )
        assert.equal(error.errorType, 'Runtime.CallbackHandlerDeprecated')
        assert.match(error.errorMessage, /^ERROR: AWS Lambda has removed support for callback-based/)
      })
    } else {
      test('takes the callback’s result once the event loop is empty, or at once where told', async (t) => {
        const r = await start(
          t,
          `exports.handler = (event, context, callback) => {
             context.callbackWaitsForEmptyEventLoop = event.wait
             globalThis.ran = false
             setTimeout(() => { globalThis.ran = true }, 100)
             callback(event.error ? new Error('told') : null, 'result')
             callback(null, 'a second one')
             if (event.late) context.succeed('late')
           }`,
        )
        const begun = Date.now()
        assert.equal((await r.invoke({ wait: true })).json, 'result')
        assert.ok(Date.now() - begun >= 95)
        const again = Date.now()
        assert.equal((await r.invoke({ wait: false, late: true })).json, 'result')
        assert.ok(Date.now() - again < 90)
        assert.equal((await r.invoke({ wait: true, error: true })).json.errorMessage, 'told')
      })

      test('takes done, succeed and fail of the context', async (t) => {
        const r = await start(
          t,
          'exports.handler = (event, context) => { setTimeout(() => context[event.how](...event.args), 1) }',
        )
        assert.equal((await r.invoke({ how: 'succeed', args: [1] })).json, 1)
        assert.equal((await r.invoke({ how: 'done', args: [null, 2] })).json, 2)
        assert.equal((await r.invoke({ how: 'done', args: ['bad'] })).json.errorMessage, 'bad')
        assert.deepEqual((await r.invoke({ how: 'fail', args: [] })).json, {
          errorType: 'string',
          errorMessage: 'handled',
          trace: [],
        })
      })

      test('answers null for a handler that returns without an answer', async (t) => {
        const r = await start(t, 'exports.handler = (event) => { setTimeout(() => {}, 5); return "ignored" }')
        assert.equal((await r.invoke({})).body.toString(), 'null')
        assert.equal((await r.invoke({})).body.toString(), 'null')
      })
    }

    test('ends when the Runtime API goes away', async (t) => {
      const r = await start(t, 'exports.handler = async () => 1')
      await r.ready
      await r.close()
      assert.equal(await r.exit, 1)
    })
  })
}

/** Of the error that a streamed response broke off with. */
function messageIn(trailers: Readonly<Record<string, string>>): string {
  const body = Buffer.from(trailers['lambda-runtime-function-error-body'] ?? '', 'base64')
  return JSON.parse(body.toString()).errorMessage
}
