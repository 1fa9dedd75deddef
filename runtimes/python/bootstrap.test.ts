import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { pythons } from '../testing/interpreters.ts'
import { type RunningRuntime, startRuntime, until } from '../testing/runtime.ts'

const bootstrap = path.join(import.meta.dirname, 'bootstrap.py')

type Options = Partial<Parameters<typeof startRuntime>[1]>

const NBSP = '\u00a0'

for (const { binary, version } of pythons()) {
  const start = (t: TestContext, code: Record<string, string> | string, options: Options = {}) =>
    startRuntime(t, {
      argv: [binary, '-S', bootstrap],
      code: typeof code === 'string' ? { 'app.py': code } : code,
      handler: 'app.handler',
      ...options,
      env: {
        AWS_EXECUTION_ENV: `AWS_Lambda_python${version}`,
        LAMBDAD_LAYERS_ROOT: 'layers',
        ...options.env,
      },
    })
  const failedInit = async (started: RunningRuntime) => {
    const { json } = await started.initError
    assert.equal(await started.exit, 1)
    return json as { errorType: string; errorMessage: string; stackTrace: string[]; requestId: string }
  }
  const writesAscii = Number(version.split('.')[1]) < 12

  describe(`python${version} by ${binary}`, { concurrency: 4, timeout: 20_000 }, () => {
    test('echoes events, one after another, each answer in one write with the next question', async (t) => {
      const r = await start(t, 'def handler(event, context):\n  return event')
      for (const event of [{ a: [1, 2.5, true, null] }, 'text', null, -7, 'grüße 🎉 \u2028', [], '"\\']) {
        assert.deepEqual((await r.invoke(event)).json, event)
      }
      assert.equal(r.pipelined.filter(Boolean).length, 7)
      assert.equal((await r.invoke('ü')).body.toString(), writesAscii ? '"\\u00fc"' : '"ü"')
    })

    test('speaks TCP where there is no socket', async (t) => {
      const r = await start(t, 'def handler(event, context):\n  return event', { transport: 'tcp' })
      assert.deepEqual((await r.invoke({ a: 1 })).json, { a: 1 })
    })

    test('takes events that arrive in pieces, or in chunks without a length', async (t) => {
      const r = await start(t, 'def handler(event, context):\n  return event')
      const event = { text: 'grüße '.repeat(20) }
      for (const options of [{ slowly: true }, { chunked: true }, { chunked: true, slowly: true }, {}]) {
        assert.deepEqual((await r.invoke(event, options)).json, event)
      }
    })

    test('carries 6 MB in and out', async (t) => {
      const r = await start(t, 'def handler(event, context):\n  return event')
      const text = 'x'.repeat(6_000_000)
      assert.equal((await r.invoke(text)).json, text)
      assert.deepEqual((await r.invoke({ after: 1 })).json, { after: 1 })
    })

    test('takes an empty payload for an empty object, and answers null for None', async (t) => {
      const r = await start(t, 'def handler(event, context):\n  return None if event else {"empty": True}')
      assert.deepEqual((await r.invoke(0, { raw: '' })).json, { empty: true })
      assert.equal((await r.invoke({ a: 1 }, { raw: ' \n{"a": 1} ' })).body.toString(), 'null')
    })

    test('hands over as bytes what is not JSON by its type, and returns bytes as they are', async (t) => {
      const r = await start(t, 'def handler(event, context):\n  return event[::-1]')
      const answer = await r.invoke(0, { raw: 'abc', headers: { 'Content-Type': 'text/plain' } })
      assert.equal(answer.body.toString(), 'cba')
      assert.equal(answer.headers['content-type'], 'application/unknown')
    })

    test('keeps its module, its folder, its paths and its trace header', async (t) => {
      const r = await start(
        t,
        `import os, sys
calls = 0
def handler(event, context):
  global calls
  calls += 1
  return [calls, os.getcwd(), os.environ["_X_AMZN_TRACE_ID"], os.environ.get("LAMBDAD_RUNTIME_SOCKET"),
          sys.path[0], [m for m in sys.modules if "client" in m], callable(exit)]`,
      )
      const { json } = await r.invoke({}, { headers: { 'Lambda-Runtime-Trace-Id': 'Root=1' } })
      assert.deepEqual(json, [1, r.taskRoot, 'Root=1', null, r.taskRoot, ['lambdad_runtime.client'], true])
      assert.equal((await r.invoke({})).json[0], 2)
    })

    test('gives the whole context', async (t) => {
      const r = await start(
        t,
        `def handler(event, c):
  repr(c)
  return [c.aws_request_id, c.function_name, c.function_version, c.memory_limit_in_mb, c.log_group_name,
          c.log_stream_name, c.invoked_function_arn, c.tenant_id, c.identity.cognito_identity_id,
          c.identity.cognito_identity_pool_id, c.client_context and c.client_context.custom,
          c.client_context and c.client_context.client.app_title, c.get_remaining_time_in_millis()]`,
      )
      const options = {
        id: 'id-1',
        deadlineMs: Date.now() + 5000,
        headers: {
          'Lambda-Runtime-Client-Context': '{"custom":{"who":"grüße"},"client":{"app_title":"app"}}',
          'Lambda-Runtime-Cognito-Identity': '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}',
          'Lambda-Runtime-Aws-Tenant-Id': 'tenant',
        },
      }
      const { json } = await r.invoke({}, options)
      const left = json.pop()
      assert.ok(left > 3000 && left <= 5000)
      const arn = 'arn:aws:lambda:us-east-1:000000000000:function:f'
      const stream = '2026/11/21/[$LATEST]00000000000000000000000000000000'
      const own = ['f', '$LATEST', '128', '/aws/lambda/f', stream, arn]
      assert.deepEqual(json, ['id-1', ...own, 'tenant', 'i', 'p', { who: 'grüße' }, 'app'])
      const bare = (await r.invoke({}, { id: 'id-2', deadlineMs: 5 })).json
      assert.deepEqual(bare, ['id-2', ...own, null, null, null, null, null, 0])
    })

    test('tells what a handler raised, with its frames, and goes on', async (t) => {
      const r = await start(
        t,
        `class Mine(Exception):
  pass
def inner():
  raise Mine("bö\\nse")
def handler(event, context):
  if event == "mine": inner()
  if event == "unprintable":
    class Odd(Exception):
      def __str__(self): raise ValueError
    raise Odd()
  return event`,
      )
      const error = await r.invoke('mine')
      assert.equal(error.kind, 'error')
      assert.equal(error.headers['lambda-runtime-function-error-type'], 'Mine')
      assert.deepEqual(error.json, {
        errorMessage: 'bö\nse',
        errorType: 'Mine',
        requestId: error.id,
        stackTrace: [
          `  File "${r.taskRoot}/app.py", line 6, in handler\n    if event == "mine": inner()\n`,
          `  File "${r.taskRoot}/app.py", line 4, in inner\n    raise Mine("bö\\nse")\n`,
        ],
      })
      const cause = JSON.parse(error.headers['lambda-runtime-function-xray-error-cause'] ?? '')
      assert.deepEqual(cause.exceptions[0].stack[1], {
        label: 'inner',
        path: `${r.taskRoot}/app.py`,
        line: 4,
      })
      assert.equal((await r.invoke('unprintable')).json.errorType, 'Odd')
      assert.equal((await r.invoke('fine')).json, 'fine')

      const frame = await until(() => r.frames[0])
      assert.equal(frame.level, 'ERROR')
      assert.equal(
        frame.text,
        [
          '[ERROR] Mine: bö\nse',
          'Traceback (most recent call last):',
          `${NBSP}${NBSP}File "${r.taskRoot}/app.py", line 6, in handler`,
          `${NBSP.repeat(4)}if event == "mine": inner()`,
          `${NBSP}${NBSP}File "${r.taskRoot}/app.py", line 4, in inner`,
          `${NBSP.repeat(4)}raise Mine("bö\\nse")`,
        ].join('\n'),
      )
    })

    test('says what it cannot read or write as JSON', async (t) => {
      const r = await start(
        t,
        `import decimal
def handler(event, context):
  if event == "set": return {1, 2}
  if event == "bytes": return {"a": b"x"}
  if event == "circular":
    a = {}
    a["a"] = a
    return a
  return [decimal.Decimal("1.10"), {"deep": decimal.Decimal("12345678901234567890.5")}, event]`,
      )
      const refused = async (event: unknown, options = {}) => {
        const { json } = await r.invoke(event, options)
        assert.deepEqual(json.stackTrace, [])
        return `${json.errorType}: ${json.errorMessage}`
      }
      const marshal = 'Runtime.MarshalError: Unable to marshal response: '
      assert.equal(await refused('set'), `${marshal}Object of type set is not JSON serializable`)
      assert.equal(await refused('bytes'), `${marshal}Object of type bytes is not JSON serializable`)
      assert.equal(await refused('circular'), `${marshal}Circular reference detected`)
      const unmarshal = 'Runtime.UnmarshalError: Unable to unmarshal input: '
      assert.equal(
        await refused(0, { raw: '{"a":' }),
        `${unmarshal}Expecting value: line 1 column 6 (char 5)`,
      )
      assert.equal(await refused(0, { raw: 'x' }), `${unmarshal}Expecting value: line 1 column 1 (char 0)`)
      assert.equal(await refused(0, { raw: '1 2' }), `${unmarshal}Extra data: line 1 column 3 (char 2)`)
      assert.match(
        await refused(0, { raw: Buffer.from([0x22, 0xff, 0x22]) }),
        /^Runtime\.UnmarshalError: .*utf-8/,
      )
      assert.match(
        await refused(0, { headers: { 'Lambda-Runtime-Client-Context': '{' } }),
        /^Runtime\.LambdaContextUnmarshalError: Unable to parse Client Context JSON: /,
      )
      const body = (await r.invoke('"1.10"')).body.toString()
      assert.equal(body, '[1.10, {"deep": 12345678901234567890.5}, "\\"1.10\\""]')
    })

    test('lets the function end the process', async (t) => {
      const r = await start(
        t,
        'import sys\ndef handler(event, context):\n  print("last words")\n  sys.exit(event)',
      )
      void r.invoke(3)
      assert.equal(await r.exit, 3)
      assert.equal(r.stdout(), 'last words\n')
      const atInit = await start(t, 'raise SystemExit(0)')
      assert.equal(await atInit.exit, 0)
    })

    test('reports init errors in Lambda’s words', async (t) => {
      const broken = { 'app.py': 'def handler(:\n  pass' }
      const cases: [Record<string, string>, string, string, RegExp][] = [
        [
          {},
          'nowhere.handler',
          'Runtime.ImportModuleError',
          /^Unable to import module 'nowhere': No module named 'nowhere'$/,
        ],
        [
          { 'app.py': 'import gone' },
          'app.handler',
          'Runtime.ImportModuleError',
          /^Unable to import module 'app': No module named 'gone'$/,
        ],
        [
          { 'app.py': '' },
          'app.handler',
          'Runtime.HandlerNotFound',
          /^Handler 'handler' missing on module 'app'$/,
        ],
        [
          {},
          'app',
          'Runtime.MalformedHandlerName',
          /^Bad handler 'app': not enough values to unpack \(expected 2, got 1\)$/,
        ],
        [
          broken,
          'app.handler',
          'Runtime.UserCodeSyntaxError',
          /^Syntax error in module 'app': invalid syntax \(app\.py, line 1\)$/,
        ],
        [
          {},
          'time.handler',
          'Runtime.BuiltInModuleConflict',
          /^Cannot use built-in module time as a handler module$/,
        ],
      ]
      for (const [code, handler, type, message] of cases) {
        const r = await start(t, code, { handler })
        const error = await failedInit(r)
        assert.equal(error.errorType, type)
        assert.match(error.errorMessage, message)
        assert.equal(error.requestId, '')
        assert.equal(error.stackTrace.length, type === 'Runtime.UserCodeSyntaxError' ? 1 : 0)
        await until(() => r.frames.length === 2)
        assert.match(
          r.frames[0]?.text ?? '',
          /^\[WARNING\]\t\S+Z\t\tLAMBDA_WARNING: Unhandled exception\. The most/,
        )
        assert.match(r.frames[1]?.text ?? '', new RegExp(`^\\[ERROR\\] ${type}: `))
      }
    })

    test('reports what a module raised as it was loaded', async (t) => {
      const r = await start(t, 'import os\nos.environ["NOT_THERE"]')
      const error = await failedInit(r)
      assert.equal(error.errorType, 'KeyError')
      assert.equal(error.errorMessage, "'NOT_THERE'")
      assert.match(error.stackTrace[0] ?? '', /importlib\/__init__\.py", line \d+, in import_module/)
      assert.ok(
        error.stackTrace.some((entry) =>
          entry.startsWith(`  File "${r.taskRoot}/app.py", line 2, in <module>`),
        ),
      )
    })

    test('finds handlers in packages, by slashes or dots, and lets them import each other', async (t) => {
      const code = {
        'pkg/__init__.py': '',
        'pkg/mod.py':
          'from .other import value\nfrom helper import more\ndef handler(e, c):\n  return value + more',
        'pkg/other.py': 'value = "o"',
        'helper.py': 'more = "k"',
      }
      for (const handler of ['pkg/mod.handler', 'pkg.mod.handler']) {
        assert.equal((await (await start(t, code, { handler })).invoke({})).json, 'ok')
      }
    })

    test('finds modules of layers, and of PYTHONPATH', async (t) => {
      const code = {
        'app.py': 'import a, b, c\ndef handler(e, x):\n  return a.v + b.v + c.v',
        'layers/python/a.py': 'v = "a"',
        [`layers/python/lib/python${version}/site-packages/b.py`]: 'v = "b"',
        'elsewhere/c.py': 'v = "c"',
      }
      const r = await start(t, code, { env: { PYTHONPATH: 'elsewhere' } })
      assert.equal((await r.invoke({})).json, 'abc')
    })

    test('is not confused by modules of the function with the names of its own', async (t) => {
      const code = {
        'app.py':
          'import client, logging\ndef handler(e, x):\n  logging.error("x")\n  return client.v if e else 1/0',
        'client.py': 'v = 1',
        'logging.py': 'raise RuntimeError',
        'json.py': 'raise RuntimeError',
        'traceback.py': 'raise RuntimeError',
      }
      const r = await start(t, code)
      assert.equal((await r.invoke(1)).json, 1)
      assert.equal((await r.invoke(0)).json.errorType, 'ZeroDivisionError')
      assert.equal((await r.invoke(0, { raw: '{' })).json.errorType, 'Runtime.UnmarshalError')
    })

    test('writes logging to the channel, a frame a record, and print as it is', async (t) => {
      const r = await start(
        t,
        `import logging
log = logging.getLogger()
log.warning("at init")
def handler(event, context):
  log.info("not shown")
  log.error("two\\nlines %s", "ü")
  logging.getLogger("named").critical("named")
  print("grüße 🎉")
  print("no end", end="")
  context.log("by context")`,
      )
      const { id } = await r.invoke({})
      await until(() => r.frames.length === 4 && r.stdout().includes('no end'))
      assert.match(
        r.frames[0]?.text ?? '',
        /^\[WARNING\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t\tat init\n$/,
      )
      assert.match(r.frames[1]?.text ?? '', new RegExp(`^\\[ERROR\\]\\t\\S+Z\\t${id}\\ttwo\\nlines ü\\n$`))
      assert.match(r.frames[2]?.text ?? '', /^\[CRITICAL\]\t.*\tnamed\n$/)
      assert.equal(r.frames[3]?.text, 'by context')
      assert.equal(r.stdout(), 'grüße 🎉\nno end')
      assert.ok(Math.abs((r.frames[0]?.timestamp ?? 0) / 1000 - Date.now()) < 60_000)
    })

    test('writes to stdout where there is no channel, an error in one line', async (t) => {
      const r = await start(t, 'import logging\ndef handler(e, c):\n  logging.error("x")\n  1/0', {
        framed: false,
      })
      const { id } = await r.invoke({})
      const lines = (await until(() => r.stdout().includes('Zero') && r.stdout())).split('\n')
      assert.match(lines[0] ?? '', new RegExp(`^\\[ERROR\\]\\t\\S+Z\\t${id}\\tx$`))
      assert.match(
        lines[1] ?? '',
        /^\[ERROR\] ZeroDivisionError: division by zero\rTraceback \(most recent call last\):\r/,
      )
    })

    test('writes JSON records, filtered by level', async (t) => {
      const r = await start(
        t,
        `import logging
log = logging.getLogger("mine")
def handler(event, context):
  log.debug("not shown")
  log.info("shown %d", 1, extra={"order": 7, "odd": {1}})
  try: 1/0
  except ZeroDivisionError: log.exception("caught")
  raise ValueError("thrown")`,
        { env: { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' } },
      )
      const { id } = await r.invoke({}, { headers: { 'Lambda-Runtime-Aws-Tenant-Id': 'tenant' } })
      await until(() => r.frames.length === 3)
      const [info, caught, thrown] = r.frames.map(({ text }) => JSON.parse(text))
      assert.match(info.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.deepEqual(
        { ...info, timestamp: 0 },
        {
          timestamp: 0,
          level: 'INFO',
          message: 'shown 1',
          logger: 'mine',
          requestId: id,
          tenantId: 'tenant',
          order: 7,
          odd: '{1}',
        },
      )
      assert.equal(caught.errorType, 'ZeroDivisionError')
      assert.equal(caught.errorMessage, 'division by zero')
      assert.match(caught.location, /app\.py:handler:7$/)
      assert.equal(caught.stackTrace.length, 1)
      assert.equal(thrown.log_level, 'ERROR')
      assert.equal(thrown.errorMessage, 'thrown')
      assert.equal(thrown.requestId, id)
      assert.deepEqual(
        r.frames.map(({ type, level }) => `${type} ${level}`),
        ['JSON INFO', 'JSON ERROR', 'JSON ERROR'],
      )
    })

    test('loses nothing of a flood of output', async (t) => {
      const r = await start(
        t,
        `import logging, os
def handler(event, context):
  for i in range(3000):
    logging.error("%d %s", i, "x" * 500)
    print(i)
  os._exit(0)`,
      )
      void r.invoke({})
      assert.equal(await r.exit, 0)
      await until(() => r.frames.length === 3000)
      assert.ok(r.frames[2999]?.text.includes('\t2999 xxx'))
      assert.ok(r.stdout().endsWith('2998\n2999\n'))
    })

    test('ends when the Runtime API goes away', async (t) => {
      const r = await start(t, 'def handler(event, context):\n  return 1')
      await r.ready
      await r.close()
      assert.equal(await r.exit, 1)
    })
  })
}
