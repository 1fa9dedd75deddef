import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { sandboxesHere, testWorker } from './testing.ts'

const sandboxes = await sandboxesHere()

/** Leaves files, a link, a secret and a folder in /tmp; tells what is there; fails on demand. */
const CODE = `
  const fs = require('node:fs'), tmp = process.env.TMPDIR ?? '/tmp'
  const doings = {
    leave() {
      fs.mkdirSync(tmp + '/folder/inner', { recursive: true })
      fs.writeFileSync(tmp + '/folder/inner/file', 'kept')
      fs.writeFileSync(tmp + '/secret', 'own', { mode: 0o600 })
      fs.symlinkSync('folder/inner/file', tmp + '/link')
    },
    tell: () => ({
      names: fs.readdirSync(tmp).sort(),
      through: fs.existsSync(tmp + '/link') ? fs.readFileSync(tmp + '/link', 'utf8') : null,
      mode: fs.existsSync(tmp + '/secret') ? (fs.statSync(tmp + '/secret').mode & 0o777).toString(8) : null,
      fds: fs.readdirSync('/proc/self/fd').filter((fd) => fs.existsSync('/proc/self/fd/' + fd) && fs.readlinkSync('/proc/self/fd/' + fd) === '/').length,
      pid: process.pid,
      appended: fs.appendFileSync(tmp + '/secret', ''),
    }),
    crash: () => process.exit(3),
    hang: () => new Promise(() => setInterval(() => {}, 1e4)),
    overflow: () => { const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1)) },
    fill: () => fs.writeFileSync(tmp + '/large', Buffer.alloc(50 << 20, 1)),
  }
  exports.handler = ({ what }) => doings[what]()`

for (const sandbox of sandboxes) {
  describe(`/tmp, sandbox: ${sandbox}`, () => {
    for (const [how, errorType] of [
      ['crash', 'Runtime.ExitError'],
      ['hang', 'Sandbox.Timedout'],
      ['overflow', 'Runtime.OutOfMemory'],
    ] as const) {
      test(`is kept when the runtime ends by ${how}, and what is in it is still the function’s`, async (t) => {
        const { startFunction } = await testWorker(t, sandbox, { settings: { limitsProcessor: false } })
        const fn = startFunction(CODE, { timeoutMs: 2000, memoryMb: 256 })
        await fn.call({ what: 'leave' })
        assert.equal(((await fn.call({ what: how })) as { errorType: string }).errorType, errorType)

        const seen = (await fn.call({ what: 'tell' })) as Record<string, unknown>

        assert.deepEqual(seen.names, ['folder', 'link', 'secret'])
        assert.deepEqual([seen.through, seen.mode, seen.fds], ['kept', '600', 0])
        assert.equal(
          ((await fn.call({ what: 'crash' })) as { errorType: string }).errorType,
          'Runtime.ExitError',
        )
        assert.deepEqual(((await fn.call({ what: 'tell' })) as typeof seen).names, [
          'folder',
          'link',
          'secret',
        ])
      })
    }

    test('is another environment’s own, and gone with its environment', async (t) => {
      const { startFunction, folder, worker } = await testWorker(t, sandbox)
      const fn = startFunction(CODE)
      await fn.call({ what: 'leave' })
      const other = startFunction(CODE)
      await other.call({ what: 'crash' })
      assert.deepEqual(((await other.call({ what: 'tell' })) as { names: string[] }).names, [])

      fn.environment.retire()
      other.environment.retire()
      await worker.stop()

      assert.deepEqual(readdirSync(`${folder}/run`), [])
      const held = readdirSync('/proc/self/fd').filter((fd) => isFolder(fd))
      assert.deepEqual(held, [])
    })

    test('a large one is kept, too', async (t) => {
      const { startFunction } = await testWorker(t, sandbox)
      const fn = startFunction(CODE, { memoryMb: 512 })
      await fn.call({ what: 'fill' })
      await fn.call({ what: 'crash' })
      assert.deepEqual(((await fn.call({ what: 'tell' })) as { names: string[] }).names, ['large'])
    })
  })
}

/** A descriptor of the root of some /tmp. */
function isFolder(fd: string): boolean {
  try {
    return readdirSync(`/proc/self/fd/${fd}`).some((name) => ['folder', 'large', 'secret'].includes(name))
  } catch {
    return false
  }
}
