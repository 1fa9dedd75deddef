import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import type { RuntimeFinder } from '../launch-plan.ts'
import { fixtureRuntimes, sandboxesHere, type TestWorker, testWorker, until } from '../testing.ts'

const PYTHON = '/usr/bin/python3'
const skip = !existsSync(PYTHON) && `there is no ${PYTHON}`
const settings = { compileAfterMs: 1, poolMembersMax: 0 }
const sandboxes = await sandboxesHere()
const best = sandboxes.at(-1) ?? 'process'

/** A runtime whose compiler is this Python program. */
function compiledBy(program: string): RuntimeFinder {
  return {
    find: async (...asked) => {
      const found = await fixtureRuntimes.find(...asked)
      if (found.kind !== 'found') return found
      const compiler = {
        binary: PYTHON,
        argv: [PYTHON, '-I', '-S', '-c', `${PRELUDE}${program}`],
        sources: ['.cjs'],
        layers: 'nodejs',
      }
      return { kind: 'found', plan: (fn) => ({ ...found.plan(fn), compiler }) }
    },
  }
}

const PRELUDE = `import errno, json, os, socket, sys
def tell(name, data): os.write(1, bytes([len(name)]) + name.encode() + len(data).to_bytes(4, "big") + data)
def end(): os.write(1, b"\\0")
def attempt(what):
    try: what(); return 'done'
    except OSError as error: return errno.errorcode.get(error.errno, str(error.errno))
`

const LARGE = `exports.handler = async () => 1 // ${'x'.repeat(70_000)}`

/** `prepared`: as a daemon that listens, which has helpers that make sandboxes. */
async function compiling(t: TestContext, program: string, prepared = true): Promise<TestWorker> {
  const worker = await testWorker(t, best, { runtimes: compiledBy(program), settings, prepared })
  await worker.startFunction(LARGE).call()
  return worker
}

/** The only file of that name among what was compiled. */
function madeIn({ folder }: TestWorker, name: string): string | undefined {
  const cache = `${folder}/cache/code`
  return readdirSync(cache)
    .filter((one) => !one.includes('.partial-'))
    .map((one) => `${cache}/${one}/${name}`)
    .find((file) => existsSync(file))
}

describe('a pass', { skip }, () => {
  for (const prepared of [true, false]) {
    test(`cannot reach what the function could not, nor any network (${prepared ? 'prepared' : 'at once'})`, async (t) => {
      if (best === 'process') return t.skip('nothing is isolated here')
      const server = createServer().listen(0, '127.0.0.1')
      t.after(() => server.close())
      await new Promise((listening) => server.once('listening', listening))
      const { port } = server.address() as { port: number }
      const worker = await compiling(
        t,
        `tell("seen", json.dumps({
        "code": attempt(lambda: open("/var/task/new", "w")),
        "loopback": attempt(lambda: socket.create_connection(("127.0.0.1", ${port}))),
        "outside": attempt(lambda: socket.create_connection(("192.0.2.1", 80), 1)),
        "data": os.path.exists("${process.cwd()}/package.json"),
        "interfaces": [name for _, name in socket.if_nameindex()],
        "others": [name for name in os.listdir("/proc") if name.isdigit() and int(name) > 5],
        "root": os.getuid() == 0,
        "variables": [name for name in os.environ if name not in ("LAMBDAD_ENVIRONMENT", "LC_CTYPE", "PWD")],
      }).encode())
end()`,
        prepared,
      )
      await until(() => madeIn(worker, 'seen') !== undefined)
      const seen = JSON.parse(readFileSync(madeIn(worker, 'seen') ?? '', 'utf8'))
      assert.deepEqual(seen, {
        code: 'EROFS',
        loopback: 'ECONNREFUSED',
        outside: 'ENETUNREACH',
        data: false,
        interfaces: ['lo'],
        others: [],
        root: false,
        variables: [],
      })
    })
  }

  for (const { what, program, said } of [
    {
      what: 'that names a file outside of its folder',
      program: 'tell("../outside", b"1"); end()',
      said: /made a file "\.\.\/outside"/,
    },
    { what: 'that names a hidden file', program: 'tell(".told", b"1"); end()', said: /made a file/ },
    { what: 'that tells a file twice', program: 'tell("a", b"1"); tell("a", b"2"); end()', said: /EEXIST/ },
    { what: 'that is cut off', program: 'tell("a", b"1")', said: /cut off/ },
    { what: 'that is cut off in a file', program: 'os.write(1, b"\\1a\\0\\0\\0\\5xx")', said: /cut off/ },
    { what: 'that says more after its end', program: 'tell("a", b"1"); end(); end()', said: /told more/ },
    { what: 'that fails', program: 'sys.exit("no such library")', said: /ended with 1: "no such library/ },
    {
      what: 'that does not stop telling',
      program: 'while True: os.write(1, bytes(65536))',
      said: /more than 67108864 bytes/,
    },
    {
      what: 'that takes too much memory',
      program: 'x = [bytearray(b"x" * 2 ** 24) for _ in range(2 ** 12)]; tell("a", b"1"); end()',
      said: /ended with|MemoryError/,
    },
  ]) {
    test(`one ${what} leaves nothing, and the function runs on without`, async (t) => {
      const worker = await compiling(t, program)
      await until(() => worker.reported.length > 0)
      assert.match(String(worker.reported[0]), said)
      assert.equal(await worker.startFunction(LARGE).call(), 1)
      assert.deepEqual(worker.reported.slice(1), [], 'it is not tried again')
      assert.equal(madeIn(worker, 'a'), undefined)
      assert.deepEqual(
        readdirSync(`${worker.folder}/cache/code`).filter((name) => name.includes('.partial-')),
        [],
      )
    })
  }

  test('one that hangs ends with the worker', async (t) => {
    const worker = await compiling(t, 'import time\ntell("a", b"1")\ntime.sleep(600)')
    const cache = `${worker.folder}/cache/code`
    await until(() => readdirSync(cache).some((name) => name.includes('.partial-')))
    await worker.worker.stop()
    assert.deepEqual(
      readdirSync(cache).filter((name) => name.includes('.partial-')),
      [],
    )
    assert.deepEqual(worker.reported, [])
  })
})

for (const prepared of [true, false]) {
  test(`what was compiled cannot be changed from inside (${prepared ? 'prepared' : 'at once'})`, {
    skip,
  }, async (t) => {
    if (best === 'process') return t.skip('nothing is isolated here')
    const worker = await testWorker(t, best, {
      runtimes: compiledBy('tell("modules", b"as it was"); end()'),
      settings,
      prepared,
    })
    const code = `
    const fs = require('node:fs')
    const at = '/var/lang/compiled'
    const attempt = (what) => { try { what(); return 'done' } catch (error) { return error.code } }
    exports.handler = async () => fs.existsSync(at) && [
      attempt(() => fs.writeFileSync(at + '/modules', 'poison')),
      attempt(() => fs.appendFileSync(at + '/modules', 'poison')),
      attempt(() => fs.unlinkSync(at + '/modules')),
      attempt(() => fs.renameSync(at + '/modules', at + '/others')),
      attempt(() => fs.writeFileSync(at + '/new', 'poison')),
      attempt(() => fs.mkdirSync(at + '/v24-2000000001')),
      attempt(() => fs.symlinkSync('/tmp', at + '/v24-2000000002')),
      attempt(() => fs.chmodSync(at + '/modules', 0o777)),
      attempt(() => fs.writeFileSync('/proc/self/root' + at + '/modules', 'poison')),
      attempt(() => fs.rmdirSync(at)),
      fs.readFileSync(at + '/modules', 'utf8'),
    ] // ${'x'.repeat(70_000)}`
    assert.equal(await worker.startFunction(code).call(), false)
    await until(() => madeIn(worker, 'modules') !== undefined)
    const tried = (await worker.startFunction(code).call()) as string[]
    assert.equal(tried.pop(), 'as it was')
    assert.ok(
      tried.every((one) => ['EROFS', 'EACCES', 'EPERM', 'EBUSY'].includes(one)),
      String(tried),
    )
    const file = madeIn(worker, 'modules') ?? ''
    assert.equal(readFileSync(file, 'utf8'), 'as it was')
    assert.deepEqual(readdirSync(file.replace(/\/modules$/, '')), ['modules'])
  })
}
