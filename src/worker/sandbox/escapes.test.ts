import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { after, describe, type TestContext, test } from 'node:test'
import { skip as noNetwork } from '../network/testing.ts'
import { type TestFunction, testWorker } from '../testing.ts'
import { findBubblewrap } from './choose.ts'

// Each escape is tried by a function in the worker as it runs for users. SECURITY.md names each with what stops it.

const probe = mkdtempSync(`${tmpdir()}/bwrap-`)
const found = await findBubblewrap(probe)
const PYTHON = '/usr/bin/python3'
const skip = 'why' in found ? found.why : !existsSync(PYTHON) && `there is no ${PYTHON}`
const asRoot = process.getuid?.() === 0
const ownNetwork = asRoot && noNetwork === false

after(() => rmSync(probe, { recursive: true }))

/** What a Python program sees as `attempt(function)`: `done`, or the name of the error. */
const PRELUDE = `import ctypes, errno, json, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
X64 = os.uname().machine == 'x86_64'
def call(x64, arm64, *arguments):
    ctypes.set_errno(0)
    if libc.syscall(x64 if X64 else arm64, *arguments) == -1: raise OSError(ctypes.get_errno(), '')
def attempt(what):
    try: what(); return 'done'
    except OSError as error: return errno.errorcode.get(error.errno, str(error.errno))
def read(path): open(path, 'rb').read(1)
def write(path): open(path, 'wb').write(b'1')
tell = lambda value: print(json.dumps(value))
`

/** Two make the same walls: each is tried where it can be. */
const MAKERS = asRoot ? ['bubblewrap', 'the walls helper'] : ['bubblewrap']
type Options = NonNullable<Parameters<typeof testWorker>[2]>

for (const maker of MAKERS) {
  describe(`escapes of functions walled in by ${maker}`, { skip }, () => {
    const started = (t: TestContext, options: Options = {}) =>
      testWorker(t, 'bubblewrap', { ...options, prepared: maker === 'the walls helper' })
    /** What a Python expression is inside a function. */
    const python = async (t: TestContext, expression: string) =>
      run((await started(t)).startFunction, expression)

    for (const { name, tried, stopped } of [
      {
        name: 'ptrace, by attaching and by reading memory',
        tried:
          '[attempt(lambda: call(101, 117, 16, os.getppid(), 0, 0)), attempt(lambda: call(310, 270, os.getppid(), 0, 0, 0, 0, 0))]',
        stopped: ['EPERM', 'EPERM'],
      },
      {
        name: 'mounting, by the old calls and by the new',
        tried:
          '[attempt(lambda: call(165, 40, b"none", b"/tmp", b"tmpfs", 0, 0)), attempt(lambda: call(430, 430, b"tmpfs", 0)), attempt(lambda: call(428, 428, -100, b"/", 1)), attempt(lambda: call(166, 39, b"/proc", 2)), attempt(lambda: call(155, 41, b"/tmp", b"/tmp"))]',
        stopped: Array(5).fill('EPERM'),
      },
      {
        name: 'new namespaces, by unshare and clone',
        tried:
          '[attempt(lambda: call(272, 97, flag)) for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x02000000, 0x80)] + [attempt(lambda: call(56, 220, 0x10000000 | 17, 0, 0, 0, 0)), attempt(lambda: call(435, 435, 0, 0))]',
        stopped: [...Array(7).fill('EPERM'), 'ENOSYS'],
      },
      {
        name: 'another’s namespaces, by setns',
        tried: '[attempt(lambda: call(308, 268, os.open("/proc/self/ns/net", 0), 0))]',
        stopped: ['EPERM'],
      },
      {
        name: 'kernel keyrings',
        tried:
          '[attempt(lambda: call(248, 217, b"user", b"k", b"v", 1, -3)), attempt(lambda: call(250, 219, 0, -3, 0)), attempt(lambda: call(249, 218, b"user", b"k", 0, 0))]',
        stopped: ['EPERM', 'EPERM', 'EPERM'],
      },
      {
        name: 'raw sockets and packet sockets',
        tried:
          '[attempt(lambda: socket.socket(*kind)) for kind in ((2, 3, 1), (10, 3, 58), (17, 3, 0), (17, 2, 0))]',
        stopped: ['EPERM', 'EPERM', 'EAFNOSUPPORT', 'EAFNOSUPPORT'],
      },
      {
        name: 'sockets that no network namespace holds: to the hypervisor, to the kernel’s ciphers',
        tried: '[attempt(lambda: call(41, 198, family, 1, 0)) for family in (40, 38, 21, 30, 44)]',
        stopped: Array(5).fill('EAFNOSUPPORT'),
      },
      {
        name: 'device nodes, made and found',
        tried:
          '[attempt(lambda: os.mknod("/tmp/d", 0o60600, os.makedev(8, 0))), attempt(lambda: os.mknod("/tmp/m", 0o20600, os.makedev(1, 1))), sorted(set(os.listdir("/dev")) - {"console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"})]',
        stopped: ['EPERM', 'EPERM', []],
      },
      {
        name: 'cgroup files',
        tried: '[os.path.exists("/sys"), os.path.exists("/sys/fs/cgroup")]',
        stopped: [false, false],
      },
      {
        name: 'the core pattern and what else in /proc reaches the kernel',
        tried:
          '[attempt(lambda: write(path)) in ("EROFS", "EACCES", "ENOENT", "EPERM") for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger", "/proc/sys/net/ipv4/ip_forward")] + [attempt(lambda: open("/proc/1/oom_score_adj", "wb", 0).write(b"-900")) == "EACCES"]',
        stopped: Array(6).fill(true),
      },
      {
        name: 'the kernel’s memory and messages',
        tried:
          '[attempt(lambda: read(path)) in ("EACCES", "ENOENT", "EPERM") for path in ("/proc/kcore", "/proc/kmsg", "/dev/mem", "/dev/kmsg", "/dev/kvm")]',
        stopped: Array(5).fill(true),
      },
      {
        name: 'handles of files, which go round mounts',
        tried:
          '[attempt(lambda: call(304, 265, -100, b"x" * 32, 0)), attempt(lambda: call(303, 264, -100, b"/", b"x" * 64, 0, 0))]',
        stopped: ['EPERM', 'EPERM'],
      },
      {
        name: 'a chroot, and a change of user',
        tried:
          '[attempt(lambda: os.chroot("/tmp")), attempt(lambda: os.setuid(0)) in ("EPERM", "EINVAL"), attempt(lambda: os.setgroups([0]))]',
        stopped: ['EPERM', true, 'EPERM'],
      },
      {
        name: 'calls by the 32 bit convention’s numbers',
        tried: '[attempt(lambda: call(0x40000000 + 39, 999))] if X64 else ["ENOSYS"]',
        stopped: ['ENOSYS'],
      },
    ]) {
      test(name, async (t) => assert.deepEqual(await python(t, tried), stopped))
    }

    test('programs with the set-user-id bit give no rights', async (t) => {
      const seen = (await python(
        t,
        `[os.path.exists('/usr/bin/su') and os.popen('/usr/bin/su -c id 2>&1 </dev/null').read(), os.popen('for f in /usr/bin/su /usr/bin/mount /usr/bin/passwd; do [ -u $f ] && echo $f; done').read().split(), os.popen('grep NoNewPrivs /proc/self/status').read().strip()]`,
      )) as [string, string[], string]

      assert.doesNotMatch(seen[0] || '', /uid=0/)
      assert.equal(seen[2], 'NoNewPrivs:\t1')
    })

    test('processes of others are not to be seen, its own first ones not to be looked into', async (t) => {
      const seen = (await python(
        t,
        `[[int(p) for p in os.listdir('/proc') if p.isdigit()], attempt(lambda: read('/proc/${process.pid}/environ')), attempt(lambda: os.kill(${process.pid}, 9)), attempt(lambda: os.listdir('/proc/1/root/root')), attempt(lambda: os.listdir('/proc/1/fd'))]`,
      )) as [number[], string, string, string, string]

      assert.ok(seen[0].length <= 6 && Math.max(...seen[0]) < 100, `${seen[0]}`)
      assert.deepEqual(seen.slice(1, 3), ['ENOENT', 'ESRCH'])
      if (asRoot) assert.deepEqual(seen.slice(3), ['EACCES', 'EACCES'])
    })

    test('the daemon’s data folder and other files of the host are not there', async (t) => {
      const { startFunction, folder } = await started(t)
      const secret = `${mkdtempSync(`${tmpdir()}/secret-`)}/key`
      writeFileSync(secret, 'secret')
      t.after(() => rmSync(secret))
      const paths = [
        folder,
        `${folder}/run`,
        secret,
        '/root',
        '/home',
        '/etc/shadow',
        '/var/lib',
        '/var/run',
        '/boot',
      ]
      const seen = await run(startFunction, `[os.path.exists(path) for path in ${JSON.stringify(paths)}]`)

      assert.deepEqual(seen, Array(paths.length).fill(false))
    })

    test('a symbolic link out of /tmp leads to what is inside, and is not followed by the daemon', async (t) => {
      const secret = `${mkdtempSync(`${tmpdir()}/secret-`)}/key`
      writeFileSync(secret, 'secret')
      t.after(() => rmSync(secret))
      const { startFunction } = await started(t)
      const fn = functionOf(
        startFunction,
        `[attempt(lambda: os.path.islink('/tmp/l') or os.symlink(${JSON.stringify(secret)}, '/tmp/l')), attempt(lambda: read('/tmp/l')), attempt(lambda: write('/tmp/l'))]`,
        `if (event.crash) process.exit(1)`,
      )

      assert.deepEqual(await fn.call(), ['done', 'ENOENT', 'ENOENT'])
      // The next runtime's /tmp is a copy of this one's: the link, not what it names on the host.
      await fn.call({ crash: true })
      assert.deepEqual(await fn.call(), ['done', 'ENOENT', 'ENOENT'])
    })

    test('another environment’s socket and files', async (t) => {
      const { startFunction, folder } = await started(t)
      const victim = startFunction(
        `require('node:fs').writeFileSync('/tmp/mine', 'x'); exports.handler = () => process.env.LAMBDAD_ENVIRONMENT`,
      )
      const id = await victim.call()
      const paths = [`${folder}/run`, `/run/lambdad/../${id}`, '/tmp/mine', `/proc/1/root/tmp/mine`]
      const seen = await run(
        startFunction,
        `[[attempt(lambda: read(path)) for path in ${JSON.stringify(paths)}], os.listdir('/run/lambdad')]`,
      )

      assert.deepEqual(seen, [['ENOENT', 'ENOENT', 'ENOENT', asRoot ? 'EACCES' : 'ENOENT'], ['runtime.sock']])
    })

    test('another environment’s Runtime API', { skip: !ownNetwork && 'no network of its own' }, async (t) => {
      const { startFunction } = await started(t, { network: 'isolated' })
      const victim = startFunction(
        `const os = require('node:os'); exports.handler = () => os.networkInterfaces().eth0[0].address`,
      )
      const address = await victim.call()
      const seen = await run(
        startFunction,
        `[attempt(lambda: socket.create_connection((${JSON.stringify(address)}, 9001), 0.5)), os.environ['AWS_LAMBDA_RUNTIME_API']]`,
      )

      assert.deepEqual(seen, ['None', '127.0.0.1:9001'])
    })

    test('services on the host’s loopback', { skip: !ownNetwork && 'no network of its own' }, async (t) => {
      const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
      await once(server, 'listening')
      t.after(() => server.close())
      const { port } = server.address() as { port: number }
      const seen = await python(t, `[attempt(lambda: socket.create_connection(('127.0.0.1', ${port}), 0.5))]`)

      assert.deepEqual(seen, ['ECONNREFUSED'])
    })

    test('abstract sockets of the host', { skip: !ownNetwork && 'no network of its own' }, async (t) => {
      const name = `lambdad-escape-${process.pid}`
      const program = `import socket, sys; s = socket.socket(1, 1); s.bind('\\0${name}'); s.listen(); print('up', flush=True); sys.stdin.read()`
      const listener = spawn(PYTHON, ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] })
      t.after(() => listener.kill())
      await once(listener.stdout, 'data')
      assert.match(execFileSync('cat', ['/proc/net/unix'], { encoding: 'utf8' }), new RegExp(name))
      const seen = await python(
        t,
        `[attempt(lambda: socket.socket(1, 1).connect('\\0${name}')), '${name}' in open('/proc/net/unix').read()]`,
      )

      assert.deepEqual(seen, ['ECONNREFUSED', false])
    })

    test('its own network’s settings', { skip: !ownNetwork && 'no network of its own' }, async (t) => {
      const { startFunction } = await started(t, { network: 'isolated' })
      const seen = await run(
        startFunction,
        `[attempt(lambda: write('/proc/sys/net/ipv4/conf/eth0/rp_filter')) in ('EROFS', 'EACCES'), os.system('PATH=$PATH:/usr/sbin ip addr add 10.9.9.9/32 dev lo 2>/dev/null') != 0, attempt(lambda: socket.socket(2, 1).setsockopt(0, 19, 1))]`,
      )

      assert.deepEqual(seen, [true, true, 'EPERM'])
    })
  })
}

type Start = Awaited<ReturnType<typeof testWorker>>['startFunction']

function run(startFunction: Start, expression: string): Promise<unknown> {
  return functionOf(startFunction, expression).call()
}

function functionOf(startFunction: Start, expression: string, before = ''): TestFunction {
  const program = `${PRELUDE}tell(${expression})`
  return startFunction(`
    const { spawnSync } = require('node:child_process')
    exports.handler = (event) => {
      ${before}
      const ran = spawnSync(${JSON.stringify(PYTHON)}, ['-c', ${JSON.stringify(program)}], { encoding: 'utf8' })
      return ran.stdout === '' ? ran.stderr : JSON.parse(ran.stdout)
    }`)
}
