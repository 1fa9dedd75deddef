import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { test } from 'node:test'
import type { FunctionVersion } from '../../wire/function-version.ts'
import { createRuntimeFinder } from '../runtimes/finder.ts'
import { findBubblewrap } from '../sandbox/choose.ts'
import { childrenOf, commandOf, type TestFunction, testWorker, until } from '../testing.ts'

// SnapStart: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html

const runtimes = createRuntimeFinder({ env: process.env, home: homedir() })
const python = await runtimes.find('python3.12')

const skip =
  python.kind !== 'found' || !python.exact
    ? 'skipped: no Python 3.12'
    : process.getuid?.() !== 0 || !(await bubblewrapWorks())
      ? 'skipped: forks need root and bubblewrap'
      : false

const snapStart = {
  runtime: 'python3.12',
  version: '1',
  snapStart: true,
  timeoutMs: 10_000,
} satisfies Partial<FunctionVersion>

/** Tells how often its init ran, and of whom it is. */
const SOURCE = `
import os, random, time, snapshot_restore_py
made = random.getrandbits(64)
born = time.time()
open('/tmp/init', 'w').write('from init')
count = 0
restored = []
snapshot_restore_py.register_before_snapshot(lambda: restored.append('before'))

@snapshot_restore_py.register_after_restore
def after():
    restored.append('after')

def handler(event, context):
    global count
    count += 1
    if 'run' in event:
        return eval(event['run'])
    return {
        'made': made, 'random': random.getrandbits(64), 'count': count, 'restored': restored,
        'uid': os.getuid(), 'pid': os.getpid(), 'tmp': sorted(os.listdir('/tmp')),
        'environ': dict(os.environ), 'stream': context.log_stream_name, 'born': born,
        'processes': sorted(int(p) for p in os.listdir('/proc') if p.isdigit()),
    }
`

interface Seen {
  made: number
  random: number
  count: number
  restored: string[]
  uid: number
  tmp: string[]
  environ: Record<string, string>
  stream: string
  processes: number[]
}

test('environments of a snapshot share one init, and nothing after it', { skip }, async (t) => {
  const { startFunction, reported } = await testWorker(t, 'bubblewrap', { runtimes })
  const [one, other] = [startFunction(code(), snapStart), startFunction(code(), snapStart)]
  const [a, b] = (await Promise.all([one.call(), other.call()])) as [Seen, Seen]

  assert.equal(a.made, b.made)
  assert.deepEqual(
    [a.restored, b.restored],
    [
      ['before', 'after'],
      ['before', 'after'],
    ],
  )
  assert.deepEqual([a.count, b.count], [1, 1])
  assert.deepEqual([a.tmp, b.tmp], [['init'], ['init']])
  assert.notEqual(a.random, b.random)
  assert.notEqual(a.uid, b.uid)
  assert.notEqual(a.stream, b.stream)
  assert.notEqual(a.environ.LAMBDAD_ENVIRONMENT, b.environ.LAMBDAD_ENVIRONMENT)
  assert.equal(((await one.call()) as Seen).count, 2)
  assert.deepEqual(reported, [])
})

test('what one environment writes to /tmp, another does not see', { skip }, async (t) => {
  const { startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const [one, other] = [startFunction(code(), snapStart), startFunction(code(), snapStart)]
  await one.call({ run: "open('/tmp/secret', 'w').write('x')" })
  assert.deepEqual(await other.call({ run: "os.listdir('/tmp')" }), ['init'])
  assert.equal(
    await other.call({ run: "os.statvfs('/tmp').f_blocks * os.statvfs('/tmp').f_frsize" }),
    512 * 2 ** 20,
  )
})

test('variables of a snapshot are AWS’s: no credentials and no log stream, but where to get credentials', {
  skip,
}, async (t) => {
  const { startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const { environ, stream } = (await startFunction(code(), snapStart).call()) as Seen
  assert.equal(environ.AWS_LAMBDA_INITIALIZATION_TYPE, 'snap-start')
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_LAMBDA_LOG_STREAM_NAME']) {
    assert.equal(environ[name], undefined, name)
  }
  assert.match(stream, /^\d{4}\/\d\d\/\d\d\/\[1\][0-9a-f]{32}$/)
})

const FETCH = `(lambda r: __import__('json').loads(r.read()))(__import__('urllib.request').request.urlopen(
  __import__('urllib.request').request.Request(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI'], headers={'Authorization': TOKEN})))`

test('credentials are to be had with the token, and only with it', { skip }, async (t) => {
  const { startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const fn = startFunction(code(), snapStart)
  const own = FETCH.replace('TOKEN', "os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN']")
  const given = (await fn.call({ run: own })) as Record<string, string>
  assert.deepEqual([given.AccessKeyId, given.SecretAccessKey, given.Token], ['AKID', 'secret', 'token'])
  assert.ok(Date.parse(given.Expiration as string) > Date.now())
  const { errorMessage } = (await fn.call({ run: FETCH.replace('TOKEN', "'wrong'") })) as Record<
    string,
    string
  >
  assert.equal(errorMessage, 'HTTP Error 403: Forbidden')
})

test('an environment of a snapshot is walled in as any other', { skip }, async (t) => {
  const { startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const fn = startFunction(code(), snapStart)
  await startFunction(code(), snapStart).call()
  const tried = async (run: string) => {
    const answer = (await fn.call({ run })) as { errorType?: string; errorMessage?: string }
    return answer?.errorType ?? answer
  }
  const { processes } = (await fn.call()) as Seen
  assert.equal(processes.length, 2)
  const status = (await fn.call({ run: "open('/proc/self/status').read()" })) as string
  for (const kind of ['CapPrm', 'CapEff', 'CapAmb'])
    assert.match(status, new RegExp(`^${kind}:\\t0{16}$`, 'm'))
  assert.match(status, /^NoNewPrivs:\t1$/m)
  assert.match(status, /^Seccomp:\t2$/m)
  assert.equal(await tried('os.unshare(0x10000000)'), 'PermissionError')
  // What its filter lets through, the kernel does not: there are to be no more namespaces.
  assert.equal(await tried('os.unshare(0x38020000)'), 'OSError')
  assert.deepEqual(await tried("os.listdir('/run/lambdad/forks')"), [])
  assert.equal(await tried('os.setuid(0)'), 'PermissionError')
  assert.equal(await tried("open('/var/task/x', 'w')"), 'OSError')
  assert.equal(await tried("open('/proc/sys/user/max_user_namespaces', 'w')"), 'PermissionError')
})

test('output goes to the environment that wrote it, with the lines of a restore', { skip }, async (t) => {
  const { startFunction, log } = await testWorker(t, 'bubblewrap', { runtimes })
  const fn = startFunction(code(), snapStart)
  await fn.call({ run: "print('hello') or os.write(1, b'raw\\n')" })
  assert.match(log.text, /hello\nraw\n/)
  const types = log.events.map(({ type }) => type).filter((type) => /init|restore|report/.test(type))
  assert.deepEqual(types, [
    'platform.initStart',
    'platform.initRuntimeDone',
    'platform.initReport',
    'platform.restoreStart',
    'platform.restoreRuntimeDone',
    'platform.restoreReport',
    'platform.report',
  ])
  const report = log.events.findLast(({ type }) => type === 'platform.report') as {
    record: { metrics: Record<string, number> }
  }
  const { restoreDurationMs, billedRestoreDurationMs, initDurationMs } = report.record.metrics
  assert.ok((restoreDurationMs as number) > 0 && initDurationMs === undefined)
  assert.equal(billedRestoreDurationMs, Math.ceil(restoreDurationMs as number))
})

test('a fork that ends tells how, and the next invocation is served by another', { skip }, async (t) => {
  const { startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const fn = startFunction(code(), snapStart)
  const { made } = (await fn.call()) as Seen
  await fn.call({ run: "open('/tmp/kept', 'w').write('x')" })
  const exit = (await fn.call({ run: 'os._exit(3)' })) as Record<string, string>
  assert.match(exit.errorMessage as string, /Runtime exited with error: exit status 3$/)
  const killed = (await fn.call({ run: 'os.kill(os.getpid(), 9)' })) as Record<string, string>
  assert.match(killed.errorMessage as string, /signal: killed$/)
  const again = (await fn.call()) as Seen
  assert.deepEqual([again.made, again.count, again.tmp], [made, 1, ['init', 'kept']])
})

test('a timeout ends a fork and all it started', { skip }, async (t) => {
  const { startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const fn = startFunction(code(), { ...snapStart, timeoutMs: 1000 })
  const late = (await fn.call({ run: "__import__('subprocess').run(['sleep', '60'])" })) as Record<
    string,
    string
  >
  assert.equal(late.errorType, 'Sandbox.Timedout')
  assert.equal(((await fn.call()) as Seen).processes.length, 2)
})

test('memory is bounded in a fork', { skip }, async (t) => {
  const { startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const fn = startFunction(code(), { ...snapStart, memoryMb: 128, ephemeralStorageMb: 64 })
  const hog = (await fn.call({ run: 'len(bytearray(400_000_000))' })) as Record<string, string>
  assert.match(hog.errorMessage as string, /signal: killed$/)
})

test('a fork that was made ahead and is lost is made anew', { skip }, async (t) => {
  const { startFunction, folder } = await testWorker(t, 'bubblewrap', { runtimes })
  await startFunction(code(), snapStart).call()
  const ofTemplate = () => {
    const bwraps = readdirSync(`${folder}/run`).flatMap((own) =>
      readdirSync(`${folder}/run/${own}/e`)
        .map((id) => `${folder}/run/${own}/e/${id}/process`)
        .filter((file) => existsSync(file))
        .map((file) => Number(readFileSync(file, 'latin1').split(' ')[0])),
    )
    // Those in between have a first process and one that serves, or waits.
    const between = bwraps.flatMap(childrenOf).flatMap(childrenOf).flatMap(childrenOf)
    return between.sort((a, b) => a - b).map((pid) => childrenOf(pid)[1])
  }
  await until(() => ofTemplate().filter((pid) => pid !== undefined).length === 2)
  const ahead = ofTemplate().at(-1) as number
  process.kill(ahead, 'SIGKILL')
  await until(() => commandOf(ahead) === '')
  const { count } = (await startFunction(code(), snapStart).call()) as Seen
  assert.equal(count, 1)
})

test('environments that start at once are a user each, whether their fork waited or not', {
  skip,
}, async (t) => {
  const { worker, startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const functions = Array.from({ length: 6 }, () => startFunction(code(), snapStart))
  assert.equal((await worker.takeSnapshot((functions[0] as TestFunction).environment.fn)).kind, 'taken')

  const seen = (await Promise.all(functions.map((fn) => fn.call()))) as Seen[]

  assert.equal(new Set(seen.map(({ uid }) => uid)).size, 6)
  assert.equal(new Set(seen.map(({ made }) => made)).size, 1)
  assert.deepEqual(
    seen.map(({ count, tmp }) => [count, tmp]),
    seen.map(() => [1, ['init']]),
  )
})

test('connections of init are broken in the snapshot, so that no two environments share one', {
  skip,
}, async (t) => {
  const { startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const source = `${SOURCE}
import socket
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
peer = server.accept()[0]
`
  const fn = startFunction([{ name: 'index.py', data: source }], snapStart)
  const { errorType } = (await fn.call({ run: "client.sendall(b'x')" })) as Record<string, string>
  assert.equal(errorType, 'BrokenPipeError')
})

test('init that fails tells its error at the snapshot and to the invocation', { skip }, async (t) => {
  const { worker, startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const fn = startFunction([{ name: 'index.py', data: "raise ValueError('no')" }], snapStart)
  const { errorType, errorMessage } = (await fn.call()) as Record<string, string>
  assert.deepEqual([errorType, errorMessage], ['ValueError', 'no'])
  assert.equal((await worker.takeSnapshot(fn.environment.fn)).kind, 'failed')
})

test('a hook that fails before the snapshot or after the restore tells its error', { skip }, async (t) => {
  const { worker, startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const failing = (when: string) => `
import snapshot_restore_py
@snapshot_restore_py.register_${when}
def hook():
    raise ValueError('${when}')
def handler(event, context):
    return 1
`
  const before = startFunction([{ name: 'index.py', data: failing('before_snapshot') }], snapStart)
  const outcome = await worker.takeSnapshot(before.environment.fn)
  assert.deepEqual(outcome.kind === 'failed' && outcome.errorType, 'Runtime.BeforeSnapshotError')
  const restored = startFunction([{ name: 'index.py', data: failing('after_restore') }], snapStart)
  assert.equal((await worker.takeSnapshot(restored.environment.fn)).kind, 'taken')
  const { errorMessage } = (await restored.call()) as Record<string, string>
  assert.equal(errorMessage, 'after_restore')
})

test('threads that init left cannot be forked: each environment runs its own init, hooks and all', {
  skip,
}, async (t) => {
  const { worker, startFunction } = await testWorker(t, 'bubblewrap', { runtimes })
  const source = `${SOURCE}
import threading
threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
`
  const fn = startFunction([{ name: 'index.py', data: source }], snapStart)
  assert.equal((await worker.takeSnapshot(fn.environment.fn)).kind, 'unsupported')
  const { restored, environ } = (await fn.call()) as Seen
  assert.deepEqual(restored, ['before', 'after'])
  assert.equal(environ.AWS_LAMBDA_INITIALIZATION_TYPE, 'snap-start')
})

test('without a sandbox there are no forks, and hooks run all the same', {
  skip: python.kind !== 'found' && 'no Python',
}, async (t) => {
  const { worker, startFunction } = await testWorker(t, 'process', { runtimes })
  const fn = startFunction(
    [{ name: 'index.py', data: SOURCE.replace("'/tmp/init'", "'/dev/null'") }],
    snapStart,
  )
  assert.equal((await worker.takeSnapshot(fn.environment.fn)).kind, 'unsupported')
  assert.deepEqual(await fn.call({ run: 'restored' }), ['before', 'after'])
})

function code() {
  return [{ name: 'index.py', data: SOURCE }]
}

async function bubblewrapWorks(): Promise<boolean> {
  const folder = mkdtempSync(`${tmpdir()}/bwrap-`)
  const found = await findBubblewrap(folder)
  rmSync(folder, { recursive: true })
  return 'sandbox' in found
}
