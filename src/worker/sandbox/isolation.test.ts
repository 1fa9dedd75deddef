import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, describe, type TestContext, test } from 'node:test'
import { testWorker } from '../testing.ts'
import { findBubblewrap } from './choose.ts'

const probe = mkdtempSync(`${tmpdir()}/bwrap-`)
const found = await findBubblewrap(probe)
const skip = 'why' in found ? found.why : false

after(() => rmSync(probe, { recursive: true }))

const asRoot = process.getuid?.() === 0

/** Two make the same walls: each is tried where it can be. */
const MAKERS = asRoot ? ['bubblewrap', 'the walls helper'] : ['bubblewrap']
type Options = NonNullable<Parameters<typeof testWorker>[2]>

for (const maker of MAKERS) {
  describe(`isolation by ${maker}`, { skip }, () => {
    const started = (t: TestContext, options: Options = {}) =>
      testWorker(t, 'bubblewrap', { ...options, prepared: maker === 'the walls helper' })
    /** What an expression is inside a function, as JSON. */
    const inside = async (t: TestContext, expression: string): Promise<unknown> => {
      const { startFunction } = await started(t)
      const fn = startFunction(`
    const fs = require('node:fs'), os = require('node:os')
    const attempt = (what) => { try { what(); return 'done' } catch (error) { return error.code } }
    exports.handler = () => (${expression})`)
      return fn.call()
    }

    test('of the host’s files there are /usr and the runtime, read-only, and a few of /etc', async (t) => {
      const secret = `${mkdtempSync(`${tmpdir()}/secret-`)}/key`
      writeFileSync(secret, 'secret')
      t.after(() => rmSync(secret))

      const seen = await inside(
        t,
        `{
      root: fs.readdirSync('/').sort(),
      etc: fs.readdirSync('/etc').sort(),
      secret: fs.existsSync(${JSON.stringify(secret)}),
      tmp: fs.readdirSync('/tmp'),
      var: fs.readdirSync('/var').sort(),
      written: ['/usr/x', '/etc/x', '/x', '/var/x', '/opt/x', '/dev/x', '/dev/shm/x', '/run/x', '/var/task/x', '/var/runtime/x', '/proc/sys/kernel/hostname'].filter((file) => attempt(() => fs.writeFileSync(file, 'x')) === 'done'),
      chmod: attempt(() => fs.chmodSync('/var/task/index.cjs', 0o777)),
    }`,
      )

      const { root, etc, ...rest } = seen as { root: string[]; etc: string[] }
      const mountPoint = process.execPath.split('/')[1] as string
      const expected = [
        'bin',
        'dev',
        'etc',
        'lib',
        'lib32',
        'lib64',
        'libx32',
        'opt',
        'proc',
        'run',
        'sbin',
        'tmp',
        'usr',
        'var',
        mountPoint,
      ]
      assert.deepEqual(
        root.filter((name) => !expected.includes(name)),
        [],
      )
      for (const name of ['shadow', 'sudoers', 'ssh', 'hostname', 'fstab', 'machine-id'])
        assert.ok(!etc.includes(name), name)
      assert.deepEqual(rest, {
        secret: false,
        tmp: [],
        var: ['runtime', 'task'],
        written: [],
        chmod: 'EROFS',
      })
    })

    test('it is no root, has no privileges and gains none', async (t) => {
      const seen = (await inside(
        t,
        `{
      uid: process.getuid(), name: os.userInfo().username,
      status: fs.readFileSync('/proc/self/status', 'utf8'),
      setuid: attempt(() => process.setuid(0)),
      users: [...new Set(fs.readFileSync('/etc/passwd', 'utf8').trim().split('\\n').map((line) => line.split(':')[0]))],
    }`,
      )) as { uid: number; name: string; status: string; setuid: string; users: string[] }

      assert.notEqual(seen.uid, 0)
      assert.equal(seen.name, 'sbx_user1051')
      // In a user namespace there is no root at all.
      assert.match(seen.setuid, /^(EPERM|EINVAL)$/)
      assert.deepEqual(seen.users, ['root', 'sbx_user1051'])
      for (const line of [
        'CapInh:\t0000000000000000',
        'CapPrm:\t0000000000000000',
        'CapEff:\t0000000000000000',
        'CapBnd:\t0000000000000000',
        'CapAmb:\t0000000000000000',
        'NoNewPrivs:\t1',
        'Seccomp:\t2',
      ]) {
        assert.ok(seen.status.includes(line), line)
      }
    })

    test('two environments are two users', {
      skip: process.getuid?.() !== 0 && 'only root can give users',
    }, async (t) => {
      const { startFunction } = await started(t)
      const [one, other] = [1, 2].map(() => startFunction('exports.handler = () => process.getuid()'))

      assert.notEqual(await one?.call(), await other?.call())
    })

    test('/tmp has the size that is configured, and is empty in each environment', async (t) => {
      const { startFunction } = await started(t, { settings: { limitsProcessor: false } })
      const code = `const fs = require('node:fs')
      exports.handler = () => {
        const before = fs.readdirSync('/tmp')
        const size = fs.statfsSync('/tmp'); 
        let written = 0
        const fd = fs.openSync('/tmp/full', 'w')
        try { for (;;) written += fs.writeSync(fd, Buffer.alloc(1 << 20)) } catch (error) { return [before, error.code, written, size.blocks * size.bsize] }
      }`
      for (let i = 0; i < 2; i++) {
        // More than the memory: the files in /tmp are no use of it.
        const fn = startFunction(code, { ephemeralStorageMb: 200, memoryMb: 128 })
        assert.deepEqual(await fn.call(), [[], 'ENOSPC', 200 * 2 ** 20, 200 * 2 ** 20])
      }
    })

    test('it sees no other processes, and bwrap’s own not at work', async (t) => {
      const seen = (await inside(
        t,
        `{
      processes: fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length,
      host: os.hostname(),
      killed: attempt(() => process.kill(1, 'SIGKILL')),
      environ: attempt(() => fs.readFileSync('/proc/1/environ')),
      memory: attempt(() => fs.readFileSync('/proc/1/mem')),
      root: attempt(() => fs.readdirSync('/proc/1/root')),
    }`,
      )) as Record<string, unknown>

      assert.equal(seen.host, 'localhost')
      assert.ok((seen.processes as number) <= 3, `${seen.processes} processes`)
      if (process.getuid?.() === 0) {
        assert.deepEqual(
          [seen.killed, seen.environ, seen.memory, seen.root],
          ['EPERM', 'EACCES', 'EACCES', 'EACCES'],
        )
      }
    })

    test('it has the descriptors that it needs, and none of the launcher’s', async (t) => {
      const { startFunction } = await started(t)
      const fn = startFunction(
        [
          {
            name: 'bootstrap',
            mode: 0o100755,
            data: `#!/bin/sh
          id=$(curl -sS -D - -o /tmp/e http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next | tr -d '\\r' | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //ip')
          sleep 9 & sleep 0.2; ls -l /proc/$!/fd | sed -n 's/.* \\([0-9]*\\) -> .*/\\1/p' | tr '\\n' ' ' > /tmp/fds
          printf '"%s"' "$(cat /tmp/fds)" > /tmp/answer
          curl -sS -d @/tmp/answer http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response >/dev/null`,
          },
        ],
        { runtime: 'provided.al2023' },
      )

      assert.equal(await fn.call(), '0 1 2 3 ')
    })

    const CALLS = {
      unshare: 'unshare --user true',
      'a new mount namespace': 'unshare --mount true',
      mount: 'mount -t tmpfs none /tmp',
      chroot: '/usr/sbin/chroot /tmp true',
      nsenter: 'nsenter --target 1 --mount true',
      'kernel log': 'dmesg',
    }
    for (const [name, command] of Object.entries(CALLS)) {
      test(`${name} is refused`, async (t) => {
        const seen = await inside(
          t,
          `require('node:child_process').spawnSync('sh', ['-c', ${JSON.stringify(command)}]).stderr.toString()`,
        )

        assert.match(seen as string, /not permitted|Permission denied|not allowed|must be superuser/i)
      })
    }

    test('ptrace, keyrings, io_uring and user faults are refused by number', async (t) => {
      const python = `import ctypes, json
libc = ctypes.CDLL(None, use_errno=True)
numbers = {'x86_64': {'ptrace': 101, 'add_key': 248, 'keyctl': 250, 'io_uring_setup': 425, 'userfaultfd': 323, 'bpf': 321, 'clone3': 435}, 'aarch64': {'ptrace': 117, 'add_key': 217, 'keyctl': 219, 'io_uring_setup': 425, 'userfaultfd': 282, 'bpf': 280, 'clone3': 435}}[__import__('os').uname().machine]
print(json.dumps({name: (libc.syscall(number, 0, 0, 0, 0, 0), ctypes.get_errno())[1] for name, number in numbers.items()}))`
      const seen = (await inside(
        t,
        `require('node:child_process').spawnSync('/usr/bin/python3', ['-c', ${JSON.stringify(python)}]).stdout?.toString()`,
      )) as string
      if (!seen) return t.skip('there is no /usr/bin/python3')

      const [EPERM, ENOSYS] = [1, 38]
      assert.deepEqual(JSON.parse(seen), {
        ptrace: EPERM,
        add_key: EPERM,
        keyctl: EPERM,
        io_uring_setup: EPERM,
        userfaultfd: EPERM,
        bpf: EPERM,
        clone3: ENOSYS,
      })
    })

    test('a variable cannot bring code of the function’s into what sets the sandbox up', async (t) => {
      const { startFunction, log } = await started(t)
      const fn = startFunction('exports.handler = () => process.getuid()', {
        variables: { LD_PRELOAD: '/var/task/none.so', LD_LIBRARY_PATH: '/var/task' },
      })

      await fn.call()

      // The linker complains once for each program that has the variable: setpriv and bwrap do not.
      const complaints = log.text.split('\n').filter((line) => line.includes('LD_PRELOAD'))
      assert.equal(complaints.length, 1, log.text)
    })

    test('a fork bomb stops at the limit of processes, and other functions go on', async (t) => {
      const { startFunction, worker } = await started(t)
      if (!worker.isolation().limited.includes('number of processes'))
        return t.skip('there is no cgroup for it')
      const bomb = startFunction(
        `exports.handler = () => new Promise(() => require('node:child_process').spawn('sh', ['-c', 'while :; do sleep 60 & done'], { stdio: 'ignore' }))`,
        { timeoutMs: 1500 },
      )
      const other = startFunction('exports.handler = () => 1')

      const bombed = bomb.call()
      assert.equal(await other.call(), 1)
      assert.equal(((await bombed) as { errorType: string }).errorType, 'Sandbox.Timedout')
      assert.equal(await other.call(), 1)
    })

    test('where the network is the host’s, another environment’s port does not answer', {
      skip: process.getuid?.() !== 0 && 'it needs users of their own',
    }, async (t) => {
      const { startFunction } = await started(t, { network: 'shared' })
      const victim = startFunction('exports.handler = () => process.env.AWS_LAMBDA_RUNTIME_API')
      const thief = startFunction(
        `exports.handler = async ({ url }) => { try { return await (await fetch(url)).text() } catch (error) { return String(error.cause?.code ?? error) } }`,
      )
      const address = await victim.call()

      const answer = await thief.call({ url: `http://${address}/2018-06-01/ping` })

      assert.match(answer as string, /ECONNRESET|UND_ERR_SOCKET/)
    })
  })
}
