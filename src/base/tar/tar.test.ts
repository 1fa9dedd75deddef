import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { readTar, unpackLayer } from './index.ts'
import { paxRecord, type RawTarEntry, rawTar } from './testing.ts'

const PLENTY = { bytes: 1e9, entries: 10_000 }

describe('archives', () => {
  test('what GNU tar writes, with long names of either kind, links and modes, is read', async (t) => {
    for (const format of ['gnu', 'pax', 'ustar', 'v7']) {
      const folder = temporary(t)
      const deep = format === 'gnu' || format === 'pax' ? 'd'.repeat(120) : 'd'
      mkdirSync(`${folder}/in/${deep}`, { recursive: true })
      writeFileSync(`${folder}/in/${deep}/run`, 'x'.repeat(3000), { mode: 0o755 })
      writeFileSync(`${folder}/in/empty`, '')
      symlinkSync('empty', `${folder}/in/link`)
      execFileSync('ln', [`${folder}/in/${deep}/run`, `${folder}/in/hard`])
      const archive = execFileSync('tar', ['-C', `${folder}/in`, `--format=${format}`, '-c', '.'])
      const root = await unpacked(t, [archive])
      assert.equal(readFileSync(`${root}/${deep}/run`, 'utf8'), 'x'.repeat(3000))
      assert.equal(statSync(`${root}/${deep}/run`).mode & 0o777, 0o755)
      assert.equal(statSync(`${root}/hard`).ino, statSync(`${root}/${deep}/run`).ino)
      assert.equal(readlinkSync(`${root}/link`), 'empty')
      assert.equal(
        statSync(`${root}/empty`).mtimeMs,
        Math.trunc(statSync(`${folder}/in/empty`).mtimeMs / 1000) * 1000,
      )
    }
  })

  test('an archive may come in pieces of any size', async (t) => {
    const archive = rawTar([
      { name: 'a', data: 'hello' },
      { name: 'b', data: 'y'.repeat(1025) },
    ])
    for (const size of [1, 7, 512, 513]) {
      const names: string[] = []
      for await (const { entry } of readTar(pieces(archive, size))) names.push(`${entry.name} ${entry.size}`)
      assert.deepEqual(names, ['a 5', 'b 1025'])
    }
    assert.equal(readFileSync(`${await unpacked(t, [archive])}/a`, 'utf8'), 'hello')
  })

  test('what is no archive, cut off, or has a wrong checksum or number is refused', async (t) => {
    const good = rawTar([{ name: 'a', data: 'x'.repeat(2000) }])
    const wrong = Buffer.from(good)
    wrong[0] = 0x62
    const pax = (data: string) => rawTar([{ name: 'x', type: 'x', data }, { name: 'a' }])
    const cases = [Buffer.from('no archive'), Buffer.alloc(1024, 0x41), good.subarray(0, 1000), wrong]
    for (const bytes of [...cases, pax('99999 path=a\n'), pax('no'), pax(paxRecord('size', '-1'))]) {
      await assert.rejects(unpacked(t, [bytes]), { name: 'TarError', reason: 'broken' })
    }
  })

  test('sparse files and entries of unknown types are refused', async (t) => {
    await assert.rejects(unpack(t, [{ name: 'a', type: 'S' }]), { reason: 'unsupported' })
    const sparse = { name: 'x', type: 'x', data: paxRecord('GNU.sparse.major', '1') }
    await assert.rejects(unpack(t, [sparse, { name: 'a' }]), { reason: 'unsupported' })
  })
})

describe('hostile archives', () => {
  test('a name that climbs is refused; an absolute one is inside', async (t) => {
    for (const name of ['../a', 'x/../../a', '..', 'x/../a']) {
      await assert.rejects(unpack(t, [{ name }]), { reason: 'name-escapes' })
    }
    const root = await unpack(t, [{ name: '/etc/lambdad-test', data: 'x' }])
    assert.ok(existsSync(`${root}/etc/lambdad-test`))
    assert.ok(!existsSync('/etc/lambdad-test'))
  })

  test('names by extended headers climb as little', async (t) => {
    const pax = { name: 'x', type: 'x', data: paxRecord('path', '../../a') }
    await assert.rejects(unpack(t, [pax, { name: 'a' }]), { reason: 'name-escapes' })
    await assert.rejects(unpack(t, [{ name: 'L', type: 'L', data: '../a\0' }, { name: 'a' }]), {
      reason: 'name-escapes',
    })
    const nul = { name: 'x', type: 'x', data: paxRecord('path', 'a\0b') }
    await assert.rejects(unpack(t, [nul, { name: 'a' }]), { reason: 'name-invalid' })
  })

  test('an entry below a symbolic link lands inside, wherever the link leads on the host', async (t) => {
    const outside = temporary(t)
    const root = await unpack(t, [
      { name: 'abs', type: '2', link: outside },
      { name: 'abs/a', data: 'x' },
      { name: 'up', type: '2', link: '../../../../../../../..' },
      { name: 'up/b', data: 'x' },
    ])
    assert.deepEqual(readdirSync(outside), [])
    assert.ok(existsSync(`${root}${outside}/a`))
    assert.ok(existsSync(`${root}/b`))
  })

  test('a file over a symbolic link replaces the link, and writes nothing through it', async (t) => {
    const outside = `${temporary(t)}/victim`
    writeFileSync(outside, 'before')
    const root = await unpack(t, [
      { name: 'a', type: '2', link: outside },
      { name: 'a', data: 'x' },
    ])
    assert.equal(readFileSync(outside, 'utf8'), 'before')
    assert.ok(lstatSync(`${root}/a`).isFile())
  })

  test('links in a circle, and entries inside files, are refused', async (t) => {
    const circle = [{ name: 'a', type: '2', link: 'b' }, { name: 'b', type: '2', link: 'a' }, { name: 'a/x' }]
    await assert.rejects(unpack(t, circle), { reason: 'under-file' })
    await assert.rejects(unpack(t, [{ name: 'a' }, { name: 'a/x' }]), { reason: 'under-file' })
  })

  test('a hard link reaches nothing outside', async (t) => {
    for (const link of ['/etc/passwd', 'missing', '.', '']) {
      await assert.rejects(unpack(t, [{ name: 'a', type: '1', link }]), { reason: 'link-escapes' })
    }
    await assert.rejects(unpack(t, [{ name: 'a', type: '1', link: '../../etc/passwd' }]), {
      reason: 'name-escapes',
    })
    const folder = { name: 'e', type: '2', link: '/etc' }
    await assert.rejects(unpack(t, [folder, { name: 'a', type: '1', link: 'e/passwd' }]), {
      reason: 'link-escapes',
    })
  })

  test('devices and pipes are not made, and set-uid bits are dropped', async (t) => {
    const root = await unpack(t, [
      { name: 'dev/null', type: '3' },
      { name: 'disk', type: '4' },
      { name: 'pipe', type: '6' },
      { name: 'su', mode: 0o6755 },
      { name: 'secret', mode: 0 },
    ])
    assert.deepEqual(readdirSync(root).sort(), ['dev', 'secret', 'su'])
    assert.deepEqual(readdirSync(`${root}/dev`), [])
    assert.equal(statSync(`${root}/su`).mode & 0o7777, 0o755)
    assert.equal(statSync(`${root}/secret`).mode & 0o777, 0o400)
  })

  test('sizes and numbers of entries are bounded before anything is written', async (t) => {
    const huge = [{ name: 'a', size: 2 ** 50 }]
    await assert.rejects(unpack(t, huge), { reason: 'too-large' })
    await assert.rejects(unpacked(t, [rawTar([{ name: 'a' }, { name: 'b' }])], { bytes: 1, entries: 1 }), {
      reason: 'too-many-entries',
    })
    await assert.rejects(unpack(t, [{ name: 'x', type: 'x', size: 2 ** 30 }]), { reason: 'too-large' })
    await assert.rejects(unpack(t, [{ name: 'L', type: 'L', data: 'n'.repeat(5000) }, { name: 'a' }]), {
      reason: 'name-invalid',
    })
  })
})

describe('layers', () => {
  test('whiteouts remove what is below, and not what the same layer has', async (t) => {
    const below = rawTar([{ name: 'a' }, { name: 'd/x' }, { name: 'd/y' }, { name: 'e/z' }])
    const above = rawTar([
      { name: 'd/new' },
      { name: '.wh.a' },
      { name: '.wh.e' },
      { name: '.wh.d' },
      { name: '.wh.no' },
    ])
    const root = await unpacked(t, [below, above])
    assert.deepEqual(readdirSync(root, { recursive: true }).sort(), ['d', 'd/new'])
  })

  test('an opaque folder has only what its own layer gave it, before or after the mark', async (t) => {
    const below = rawTar([{ name: 'd/x' }, { name: 'd/sub/y' }, { name: 'keep' }])
    const above = rawTar([{ name: 'd/sub/one' }, { name: 'd/.wh..wh..opq' }, { name: 'd/two' }])
    const root = await unpacked(t, [below, above])
    assert.deepEqual(readdirSync(root, { recursive: true }).sort(), [
      'd',
      'd/sub',
      'd/sub/one',
      'd/two',
      'keep',
    ])
  })

  test('a whiteout of nothing, or of the folder above, is refused', async (t) => {
    for (const name of ['.wh.', '.wh..', '.wh...']) {
      await assert.rejects(unpack(t, [{ name: `d/${name}` }]), { reason: 'name-invalid' })
    }
  })

  test('files, folders and links replace one another from layer to layer', async (t) => {
    const first = rawTar([
      { name: 'a/x' },
      { name: 'b' },
      { name: 'lib', type: '2', link: 'usr/lib' },
      { name: 'usr/lib', type: '5' },
    ])
    const second = rawTar([
      { name: 'a', data: 'file' },
      { name: 'b', type: '5' },
      { name: 'lib/so', data: 'so' },
    ])
    const root = await unpacked(t, [first, second])
    assert.equal(readFileSync(`${root}/a`, 'utf8'), 'file')
    assert.ok(statSync(`${root}/b`).isDirectory())
    assert.equal(readFileSync(`${root}/usr/lib/so`, 'utf8'), 'so')
  })
})

function unpack(t: TestContext, entries: readonly RawTarEntry[]): Promise<string> {
  return unpacked(t, [rawTar(entries)])
}

async function unpacked(
  t: TestContext,
  layers: readonly Buffer[],
  allowance = { ...PLENTY },
): Promise<string> {
  const root = temporary(t)
  for (const layer of layers) await unpackLayer(pieces(layer, 65_536), root, allowance)
  return root
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-tar-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
