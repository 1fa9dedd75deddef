import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { createRuntimeFinder, type FoundRuntime } from '../../src/worker/runtimes/finder.ts'
import { works } from '../../test/support/commands.ts'
import { zipOf } from '../../test/support/zip.ts'
import { startRuntime, until } from '../testing/runtime.ts'
import { compileFixtures, JACKSON } from './testing/compile.ts'

const JAR = path.join(import.meta.dirname, 'lambdad-runtime.jar')
const classes = compileFixtures()
const finder = createRuntimeFinder({ env: process.env, home: homedir() })
const found = (await finder.list()).filter(
  (one): one is FoundRuntime => one.kind === 'found' && one.runtime.startsWith('java') && one.exact,
)

test('the jar is what the sources say', async (t) => {
  const sources = path.join(import.meta.dirname, 'src/lambdad/runtime')
  const hash = createHash('sha256')
  for (const name of readdirSync(sources).sort()) hash.update(readFileSync(path.join(sources, name)))
  const told = execFileSync('unzip', ['-p', JAR, 'SOURCES']).toString().trim()
  assert.equal(told, hash.digest('hex'), 'run runtimes/java/build.sh')

  if (!works('javac', '--version')) return t.diagnostic('skipped in part: no javac to compile them with')
  const maker = execFileSync('unzip', ['-p', JAR, 'META-INF/MANIFEST.MF']).toString()
  const [major] = /(?<=javac )\d+/.exec(execFileSync('javac', ['--version']).toString()) ?? []
  if (!maker.includes(`Created-By: ${major}.`)) return t.diagnostic('skipped in part: another javac')
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-jar-'))
  t.after(() => rmSync(folder, { recursive: true }))
  execFileSync(path.join(import.meta.dirname, 'build.sh'), [path.join(folder, 'made.jar')])
  assert.deepEqual(classesIn(path.join(folder, 'made.jar')), classesIn(JAR))
})

/** The names, sizes and checksums of a jar's entries. */
function classesIn(jar: string): string[] {
  const lines = execFileSync('unzip', ['-lv', jar]).toString().split('\n')
  return lines.filter((line) => line.includes('.class')).map((line) => line.replaceAll(/\s+/g, ' '))
}

if (found.length === 0)
  test('the Java runtime', { skip: 'skipped: no Java 11, 17, 21 or 25 on this machine' })
else if (classes === undefined) test('the Java runtime', { skip: 'skipped: no javac for the fixtures' })

for (const { runtime, binary, version } of classes === undefined ? [] : found) {
  type Options = Partial<Parameters<typeof startRuntime>[1]>
  const start = (t: TestContext, handler: string, options: Options = {}) =>
    startRuntime(t, {
      argv: [binary, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xss512k', '-jar', JAR],
      code: classes as Record<string, Uint8Array>,
      handler,
      ...options,
    })

  describe(`${runtime} by ${binary} ${version}`, { concurrency: 2, timeout: 60_000 }, () => {
    test('RequestHandler takes and returns what JSON has, each answer in one write with the next question', async (t) => {
      const r = await start(t, 'example.Fixture')
      const values = [
        { a: [1, 2.5, true, null] },
        'text',
        null,
        -7,
        12345678901,
        'grüße 🎉 \u2028\u0001"\\/\n',
        [],
        {},
      ]
      for (const value of values) assert.deepEqual((await r.invoke({ action: 'echo', value })).json, value)
      assert.equal(r.pipelined.filter(Boolean).length, values.length)
      assert.equal((await r.invoke({ action: 'echo', value: 'ü' })).body.toString(), '"ü"')
    })

    test('speaks TCP where there is no socket, takes events in pieces and chunks, carries 6 MB', async (t) => {
      const r = await start(t, 'example.Fixture', { transport: 'tcp' })
      const event = { action: 'echo', value: 'grüße '.repeat(20) }
      for (const options of [{ slowly: true }, { chunked: true }, { chunked: true, slowly: true }, {}]) {
        assert.equal((await r.invoke(event, options)).json, event.value)
      }
      const value = 'x'.repeat(6_000_000)
      assert.equal((await r.invoke({ action: 'echo', value })).json, value)
    })

    test('RequestStreamHandler reads and writes the bytes themselves', async (t) => {
      const r = await start(t, 'example.Forms')
      assert.equal((await r.invoke(0, { raw: '{ "a": 1.0 }' })).body.toString(), '{"got":{ "a": 1.0 }}')
    })

    for (const [method, event, expected] of [
      ['point', { x: 1, y: 2, colour: 'BLUE', unknown: 1 }, { x: 2, y: 2, colour: 'BLUE', far: false }],
      ['list', [{ x: 100 }], [{ x: 200, far: true }]],
      ['shout', 'grüße', 'GRÜSSE!'],
      ['add', 41, 42],
      ['nothing', {}, null],
      ['overloaded', 'x', 'long'],
      ['sqs', { Records: [{ body: 'b', eventSourceARN: 'arn' }] }, 'b arn'],
      ['interrupted', {}, 'still there'],
    ] as const) {
      test(`a method of one’s own: ${method}`, async (t) => {
        const r = await start(t, `example.Forms::${method}`)
        for (let times = 0; times < 2; times++) assert.deepEqual((await r.invoke(event)).json, expected)
      })
    }

    test('a bean of all kinds of fields comes and goes', async (t) => {
      const r = await start(t, 'example.Forms::order')
      const order = {
        id: '123e4567-e89b-12d3-a456-426614174000',
        at: '2026-01-02T03:04:05Z',
        price: 12.34,
        points: [{ x: 1 }],
        counts: { a: [1, 2 ** 40] },
        numbers: [1, 2],
        blob: Buffer.from('blob').toString('base64'),
        note: 'note',
        corners: [{ x: 3, colour: 'RED' }],
      }
      const { json } = await r.invoke(order)
      const corners = [{ x: 3, colour: 'RED', far: false }]
      assert.deepEqual(json, { ...order, points: [{ x: 2, far: false }], corners })
    })

    test('Jackson of the function’s maps its classes', {
      skip: JACKSON.length < 3 && 'skipped: no Jackson',
    }, async (t) => {
      const source = `package example;
        import com.fasterxml.jackson.annotation.JsonProperty;
        public class Annotated {
          public static class Named { @JsonProperty("the_name") public String name; public String none; }
          public Named rename(Named given) { given.name += "!"; return given; }
        }`
      const code = compileFixtures({ 'Annotated.java': source }) as Record<string, Uint8Array>
      const jars = JACKSON.map((jar) => [`lib/${path.basename(jar)}`, readFileSync(jar)])
      const r = await start(t, 'example.Annotated::rename', {
        code: { ...code, ...Object.fromEntries(jars) },
      })
      assert.equal((await r.invoke({ the_name: 'a', unknown: 1 })).body.toString(), '{"the_name":"a!"}')
      assert.equal(
        (await r.invoke({ the_name: {} })).json.errorMessage,
        'An error occurred during JSON parsing',
      )
    })

    test('a record comes and goes', {
      skip: version.startsWith('11.') && 'skipped: Java 11 has none',
    }, async (t) => {
      const source = `package example;
        import java.util.List;
        public class Records {
          record Inner(List<Integer> numbers, String missing) {}
          record Outer(String name, Inner inner, int zero) {}
          public Outer take(Outer given) { return new Outer(given.name() + given.inner().numbers().get(0), given.inner(), given.zero()); }
        }`
      const code = compileFixtures({ 'Records.java': source }, '17') as Record<string, Uint8Array>
      const r = await start(t, 'example.Records::take', { code })
      const { json } = await r.invoke({ name: 'n', inner: { numbers: [1] } })
      assert.deepEqual(json, { name: 'n1', inner: { numbers: [1] }, zero: 0 })
    })

    test('classes come from the package, its lib and the layers’ java/lib, in this order', async (t) => {
      const jar = (marker: string) => zipOf({ marker, 'only-here': marker, ...classes })
      const source = `package example;
        public class Finder { public String find(String name) throws Exception {
          try (java.io.InputStream in = Thread.currentThread().getContextClassLoader().getResourceAsStream(name)) {
            return in == null ? null : new String(in.readAllBytes()); } } }`
      const made = compileFixtures({ 'Finder.java': source }) as Record<string, Uint8Array>
      const code = {
        'example/Finder.class': made['example/Finder.class'] as Uint8Array,
        'in-package': 'task',
        'lib/b.jar': await jar('b'),
        'lib/a.jar': await jar('a'),
        'layers/java/lib/l.jar': await zipOf({ marker: 'layer', layered: 'layer' }),
      }
      const r = await start(t, 'example.Finder::find', { code, env: { LAMBDAD_LAYERS_ROOT: 'layers' } })
      for (const [name, expected] of [
        ['in-package', 'task'],
        ['marker', 'a'],
        ['layered', 'layer'],
        ['nowhere', null],
      ]) {
        assert.equal((await r.invoke(name)).json, expected)
      }
    })

    test('gives the whole context', async (t) => {
      const r = await start(t, 'example.Fixture')
      const { json } = await r.invoke({ action: 'context' }, { id: '11111111-2222-4333-8444-555555555555' })
      assert.ok(json.remainingMs > 1000 && json.remainingMs <= 3000)
      assert.deepEqual(json, {
        requestId: '11111111-2222-4333-8444-555555555555',
        functionName: 'f',
        functionVersion: '$LATEST',
        memoryMb: 128,
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
        logGroup: '/aws/lambda/f',
        logStream: '2026/11/21/[$LATEST]00000000000000000000000000000000',
        remainingMs: json.remainingMs,
      })
      const forms = await start(t, 'example.Forms::client')
      const headers = {
        'Lambda-Runtime-Client-Context': '{"client":{"app_title":"t"},"custom":{"a":"b"},"env":{"c":"d"}}',
        'Lambda-Runtime-Cognito-Identity': '{"cognitoIdentityId":"id","cognitoIdentityPoolId":"pool"}',
        'Lambda-Runtime-Aws-Tenant-Id': 'tenant',
        'Lambda-Runtime-Trace-Id': 'Root=1',
      }
      const told = (await forms.invoke({}, { headers })).json
      assert.deepEqual(told, ['t', { a: 'b' }, { c: 'd' }, 'id', 'tenant', 'Root=1', 'true', true])
    })

    test('an error has its class, its message and the function’s part of its stack', async (t) => {
      const r = await start(t, 'example.Fixture')
      const { kind, json, headers } = await r.invoke({ action: 'fail' })
      assert.equal(kind, 'error')
      assert.deepEqual([json.errorType, json.errorMessage], ['example.OwnError', 'broken ü'])
      assert.match(json.stackTrace[0], /^example\.Fixture\.handleRequest\(Fixture\.java:\d+\)$/)
      assert.ok(
        json.stackTrace.every((frame: string) => frame.startsWith('example.')),
        String(json.stackTrace),
      )
      assert.equal(headers['lambda-runtime-function-error-type'], 'Runtime.UserException')
      const { text } = await until(() => r.frames[0])
      assert.match(text, /^broken ü: example\.OwnError\nexample\.OwnError: broken ü\n\tat example\.Fixture/)
      assert.equal((await r.invoke({ action: 'echo', value: 1 })).json, 1)
    })

    test('a checked exception, one without a message, one in the answer, one in the event', async (t) => {
      const checked = await start(t, 'example.Forms::checked')
      const { json } = await checked.invoke({})
      assert.deepEqual([json.errorType, json.errorMessage], ['java.io.IOException', 'outer'])
      assert.match(
        (await until(() => checked.frames[0])).text,
        /Caused by: java.lang.IllegalStateException: inner/,
      )
      const silent = await start(t, 'example.Forms::noMessage')
      assert.equal((await silent.invoke({})).json.errorMessage, 'java.lang.NullPointerException')
      const cycle = await start(t, 'example.Forms::cycle')
      const message = 'An error occurred during JSON serialization of response'
      assert.equal((await cycle.invoke({})).json.errorMessage, message)
      const add = await start(t, 'example.Forms::add')
      for (const raw of ['{"a":', '"text"', '1.5e99', '{}', '1 2']) {
        const wrong = (await add.invoke(0, { raw })).json
        assert.deepEqual(wrong, {
          errorMessage: 'An error occurred during JSON parsing',
          errorType: 'java.lang.RuntimeException',
          stackTrace: [],
        })
      }
      assert.equal((await add.invoke(1)).json, 2)
    })

    test('after an error of the JVM’s own the process ends', async (t) => {
      const r = await start(t, 'example.Forms::stackOverflow')
      assert.equal((await r.invoke({})).json.errorType, 'java.lang.StackOverflowError')
      assert.equal(await r.exit, 1)
    })

    for (const [handler, message, type] of [
      ['example.Nowhere', 'Class not found: example.Nowhere', 'java.lang.ClassNotFoundException'],
      [
        'example.Forms::none',
        'No public method named none with appropriate method signature found on class example.Forms',
      ],
      [
        'example.Forms::tooMany',
        'No public method named tooMany with appropriate method signature found on class example.Forms',
      ],
      ['example.OwnError', 'Class does not implement an appropriate handler interface: example.OwnError'],
      ['a::b::c', "Invalid handler: `a::b::c'"],
      ['', "Invalid handler: `'"],
    ] as const) {
      test(`the handler "${handler}" fails at its invocations`, async (t) => {
        const r = await start(t, handler)
        const { json } = await r.invoke({})
        assert.deepEqual(json, { errorMessage: message, ...(type === undefined ? {} : { errorType: type }) })
        assert.deepEqual((await r.invoke({})).json, json)
      })
    }

    test('what a constructor throws fails init', async (t) => {
      const r = await start(t, 'example.BrokenInit::handle')
      const { json } = await r.initError
      assert.deepEqual([json.errorType, json.errorMessage], ['example.OwnError', 'init'])
      assert.match(json.stackTrace[0], /^example\.BrokenInit\.<init>/)
      assert.equal(await r.exit, 1)
    })

    test('the logger writes frames, with levels and as JSON where it is wanted', async (t) => {
      const text = await start(t, 'example.Forms::levels')
      await text.invoke({})
      await until(() => text.frames.length === 4)
      assert.deepEqual(
        text.frames.map((frame) => [frame.type, frame.level, frame.text]),
        [
          ['Text', undefined, 'plain'],
          ['Text', 'DEBUG', '[DEBUG] fine'],
          ['Text', 'WARN', '[WARN] told\n2'],
          ['Text', undefined, 'b'],
        ],
      )
      const env = { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' }
      const json = await start(t, 'example.Forms::levels', { env })
      await json.invoke({}, { id: 'an-id' })
      await until(() => json.frames.length === 3)
      assert.deepEqual([json.frames[1]?.type, json.frames[1]?.level], ['JSON', 'WARN'])
      const { timestamp, ...record } = JSON.parse(json.frames[1]?.text ?? '')
      assert.deepEqual(record, { message: 'told\n2', level: 'WARN', AWSRequestId: 'an-id' })
      assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    })

    test('without the framed channel logs are lines on stdout', async (t) => {
      const r = await start(t, 'example.Fixture', { framed: false })
      await r.invoke({ action: 'log' })
      await until(() => r.stdout() === 'printed ü\nlogged ü\n')
    })

    test('JAVA_TOOL_OPTIONS is heard', async (t) => {
      const r = await start(t, 'example.Fixture', { env: { JAVA_TOOL_OPTIONS: '-Duser.language=de' } })
      await r.invoke({ action: 'echo', value: 1 })
      assert.match(r.stderr(), /Picked up JAVA_TOOL_OPTIONS/)
    })

    test('without its Runtime API it ends', async (t) => {
      const r = await start(t, 'example.Fixture')
      await r.ready
      await r.close()
      assert.equal(await r.exit, 1)
      assert.match(r.stderr(), /lambdad: the Runtime API is gone/)
    })
  })
}
