import assert from 'node:assert/strict'
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
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, describe, test } from 'node:test'
import { ZipFile } from 'yazl'
import { inspectZip, LAMBDA_ZIP_LIMITS, unpackZip, ZipError, type ZipRefusal } from './index.ts'
import { type RawEntry, rawZip } from './testing.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'lambdad-zip-'))
after(() => rmSync(scratch, { recursive: true }))
let count = 0
const fresh = () => path.join(scratch, `package-${count++}`)

/** What the same archive does in both: summary for summary, refusal for refusal, and nothing left behind. */
async function refusalOf(zip: Buffer, limits = LAMBDA_ZIP_LIMITS): Promise<ZipRefusal> {
  const directory = fresh()
  const before = readdirSync(scratch)
  const reasons = await Promise.all(
    [inspectZip(zip, limits), unpackZip(zip, directory, limits)].map((made) =>
      made.then(
        () => assert.fail('the archive was taken'),
        (error: unknown) => {
          assert.ok(error instanceof ZipError, String(error))
          return error.reason
        },
      ),
    ),
  )
  assert.equal(reasons[0], reasons[1])
  assert.deepEqual(readdirSync(scratch), before)
  return reasons[0] as ZipRefusal
}

async function unpacked(entries: readonly RawEntry[]): Promise<string> {
  const directory = fresh()
  await unpackZip(rawZip(entries), directory)
  return directory
}

describe('a good archive', () => {
  test('of yazl comes out with its modes, times and folders', async () => {
    const zip = new ZipFile()
    const mtime = new Date('2024-02-29T12:34:56Z')
    zip.addBuffer(Buffer.from('exports.handler = 1'), 'src/index.js', { mtime, mode: 0o100755 })
    zip.addBuffer(Buffer.from('plain'), 'readme.txt', { mtime, mode: 0o100640, compress: false })
    zip.addEmptyDirectory('empty', { mtime, mode: 0o040700 })
    zip.end()
    const file = path.join(scratch, 'good.zip')
    writeFileSync(file, await buffer(zip.outputStream))

    const directory = fresh()
    const summary = await unpackZip(file, directory)
    assert.deepEqual(summary, { entries: 3, unzippedBytes: 24 })
    assert.deepEqual(await inspectZip(file), summary)
    assert.equal(readFileSync(path.join(directory, 'src/index.js'), 'utf8'), 'exports.handler = 1')
    assert.equal(statSync(path.join(directory, 'src/index.js')).mode & 0o7777, 0o755)
    assert.equal(statSync(path.join(directory, 'readme.txt')).mode & 0o7777, 0o644)
    assert.equal(statSync(path.join(directory, 'readme.txt')).mtimeMs, mtime.getTime())
    assert.equal(statSync(path.join(directory, 'empty')).mtimeMs, mtime.getTime())
    for (const folder of ['.', 'src', 'empty']) {
      assert.equal(statSync(path.join(directory, folder)).mode & 0o7777, 0o755)
    }
    rmSync(file)
  })

  test('may be empty', async () => {
    assert.deepEqual(await inspectZip(rawZip([])), { entries: 0, unzippedBytes: 0 })
    assert.deepEqual(readdirSync(await unpacked([])), [])
  })

  test('of many megabytes streams through, deflated or stored', async () => {
    const data = Buffer.alloc(5_000_000, 'lambda ')
    for (const deflate of [true, false]) {
      const directory = await unpacked([{ name: 'large.bin', data, deflate }])
      assert.ok(readFileSync(path.join(directory, 'large.bin')).equals(data))
    }
  })

  test('made on DOS gets modes that let everybody read, and its backslashes are folders', async () => {
    const directory = await unpacked([{ name: 'src\\app.py', data: 'x', host: 0, mode: 0 }])
    assert.equal(statSync(path.join(directory, 'src/app.py')).mode & 0o7777, 0o644)
  })

  test('made on Unix may have backslashes in names', async () => {
    assert.deepEqual(readdirSync(await unpacked([{ name: 'a\\b', data: 'x' }])), ['a\\b'])
  })

  test('made on Unix has names in UTF-8, even where it does not say so', async () => {
    assert.deepEqual(readdirSync(await unpacked([{ name: 'grüße.txt', flags: 0 }])), ['grüße.txt'])
  })

  test('made on DOS without the UTF-8 flag has names of code page 437', async () => {
    const name = Buffer.from([0x67, 0x81, 0x2e, 0x74])
    assert.deepEqual(readdirSync(await unpacked([{ name, flags: 0, host: 0 }])), ['gü.t'])
  })

  test('loses set-id bits', async () => {
    const directory = await unpacked([{ name: 'tool', data: 'x', mode: 0o106755 }])
    assert.equal(statSync(path.join(directory, 'tool')).mode & 0o7777, 0o755)
  })

  test('keeps links that stay inside, even when they lead nowhere', async () => {
    const directory = await unpacked([
      { name: 'lib/real.so', data: 'x' },
      { name: 'lib/alias.so', data: 'real.so', mode: 0o120777 },
      { name: 'bin/up', data: '../lib/alias.so', mode: 0o120777 },
      { name: 'gone', data: 'nowhere', mode: 0o120777 },
      { name: 'loop', data: 'loop', mode: 0o120777 },
    ])
    assert.equal(readlinkSync(path.join(directory, 'bin/up')), '../lib/alias.so')
    assert.equal(readFileSync(path.join(directory, 'bin/up'), 'utf8'), 'x')
    assert.ok(lstatSync(path.join(directory, 'gone')).isSymbolicLink())
  })

  test('may name its own folder and each folder twice', async () => {
    const folder = { mode: 0o040755 }
    const directory = await unpacked([
      { name: './', ...folder },
      { name: 'a/', ...folder },
      { name: './a//', ...folder },
      { name: './a/./b', data: 'x' },
    ])
    assert.equal(readFileSync(path.join(directory, 'a/b'), 'utf8'), 'x')
  })
})

describe('an archive is refused', () => {
  const link = 0o120777
  const refused: [string, ZipRefusal, readonly RawEntry[]][] = [
    ['with an absolute name', 'name-escapes', [{ name: '/etc/passwd' }]],
    ['with a name that climbs out', 'name-escapes', [{ name: 'a/../../b' }]],
    ['with a name that climbs without leaving', 'name-escapes', [{ name: 'a/../b' }]],
    ['with a drive letter', 'name-escapes', [{ name: 'C:\\windows\\x', host: 0 }]],
    ['with a drive letter from Unix', 'name-escapes', [{ name: 'C:/x' }]],
    ['with a drive-relative name from DOS', 'name-escapes', [{ name: 'C:x', host: 0 }]],
    ['with backslashes from DOS that climb out', 'name-escapes', [{ name: '..\\..\\x', host: 0 }]],
    ['with backslashes from DOS that start at the root', 'name-escapes', [{ name: '\\x', host: 0 }]],
    ['with an empty name', 'name-invalid', [{ name: '' }]],
    ['with a NUL in a name', 'name-invalid', [{ name: 'a\0b' }]],
    ['with a name longer than a file system takes', 'name-invalid', [{ name: 'a'.repeat(256) }]],
    ['with a path longer than Linux takes', 'name-invalid', [{ name: 'a/'.repeat(2500) }]],
    ['with a file for its own folder', 'name-invalid', [{ name: '.' }]],
    ['with a name twice', 'duplicate', [{ name: 'a' }, { name: './a' }]],
    ['with a file and a folder of one name', 'duplicate', [{ name: 'a' }, { name: 'a/', mode: 0o040755 }]],
    ['with a link to an absolute path', 'link-escapes', [{ name: 'l', data: '/etc/passwd', mode: link }]],
    ['with a link that climbs out', 'link-escapes', [{ name: 'a/l', data: '../../x', mode: link }]],
    ['with an empty link', 'name-invalid', [{ name: 'l', mode: link }]],
    ['with a link that is too long', 'name-invalid', [{ name: 'l', data: 'a/'.repeat(2100), mode: link }]],
    [
      'with a link that climbs out through another link',
      'link-escapes',
      [
        { name: 'd/x' },
        { name: 'p/q', data: '../d', mode: link },
        { name: 'l', data: 'p/q/../../secret', mode: link },
      ],
    ],
    ['with an entry under a link', 'under-link', [{ name: 'l', data: 'd', mode: link }, { name: 'l/x' }]],
    [
      'with an entry under a link that comes later',
      'under-link',
      [{ name: 'l/a/x' }, { name: 'l', data: 'd', mode: link }],
    ],
    ['with an entry under a file', 'under-link', [{ name: 'f' }, { name: 'f/x' }]],
    ['with a device', 'special-file', [{ name: 'null', mode: 0o020666 }]],
    ['with a named pipe', 'special-file', [{ name: 'pipe', mode: 0o010666 }]],
    ['with an encrypted entry', 'encrypted', [{ name: 'a', flags: 0x801, data: 'x', deflate: true }]],
    ['with strong encryption', 'broken', [{ name: 'a', flags: 0x841, data: 'x' }]],
    ['with LZMA', 'unsupported-compression', [{ name: 'a', method: 14, data: 'x' }]],
    ['with a wrong checksum', 'broken', [{ name: 'a', data: 'x', crc: 1 }]],
    [
      'with a wrong checksum in a large entry',
      'broken',
      [{ name: 'a', data: 'x'.repeat(300_000), crc: 1, deflate: true }],
    ],
    ['with data that is no deflate stream', 'broken', [{ name: 'a', data: 'not deflated', method: 8 }]],
    [
      'with more data than it declares',
      'broken',
      [{ name: 'a', data: 'x'.repeat(5000), deflate: true, declaredBytes: 10 }],
    ],
    [
      'with far more data than it declares',
      'broken',
      [{ name: 'a', data: Buffer.alloc(20_000_000), deflate: true, declaredBytes: 200_000 }],
    ],
    [
      'with less data than it declares',
      'broken',
      [{ name: 'a', data: 'x', deflate: true, declaredBytes: 200_000 }],
    ],
    ['with a stored entry of two sizes', 'broken', [{ name: 'a', data: 'x', declaredBytes: 2 }]],
    [
      'that declares more than the limit',
      'too-large',
      [{ name: 'a', deflate: true, declaredBytes: 262_144_001 }],
    ],
    [
      'whose entries together declare more than the limit',
      'too-large',
      ['a', 'b', 'c'].map((name) => ({ name, deflate: true, declaredBytes: 100_000_000 })),
    ],
  ]

  for (const [title, reason, entries] of refused) {
    test(title, async () => assert.equal(await refusalOf(rawZip(entries)), reason))
  }

  test('with more entries than the limit, before they are read', async () => {
    const entries = Array.from({ length: 11 }, (_, n) => ({ name: `f${n}` }))
    assert.equal(await refusalOf(rawZip(entries), { entries: 10, unzippedBytes: 100 }), 'too-many-entries')
    assert.equal(
      await refusalOf(rawZip([], { entryCount: 65_535 }), { entries: 10, unzippedBytes: 100 }),
      'too-many-entries',
    )
  })

  test('cut off anywhere', async () => {
    const zip = rawZip([{ name: 'a.js', data: 'exports.handler = () => 1', deflate: true }])
    for (let end = 0; end < zip.length; end++) {
      const reason = await inspectZip(zip.subarray(0, end)).then(
        () => 'taken',
        (error: ZipError) => error.reason,
      )
      assert.equal(reason, 'broken', `cut at ${end}`)
    }
  })

  test('when it is no archive', async () => {
    assert.equal(await refusalOf(Buffer.alloc(0)), 'broken')
    assert.equal(await refusalOf(Buffer.from('not a zip at all')), 'broken')
    assert.equal(await refusalOf(Buffer.alloc(100_000, 0xff)), 'broken')
  })
})

test('a failure half-way leaves nothing behind', async () => {
  const good = { name: 'good', data: 'x'.repeat(400_000), deflate: true }
  assert.equal(await refusalOf(rawZip([good, { name: 'bad', data: 'x', crc: 1 }])), 'broken')
})

test('a directory that holds something already is left as it is', async () => {
  const directory = fresh()
  mkdirSync(directory)
  writeFileSync(path.join(directory, 'kept'), 'x')
  await assert.rejects(unpackZip(rawZip([{ name: 'a' }]), directory), /ENOTEMPTY|EEXIST/)
  assert.deepEqual(readdirSync(directory), ['kept'])
  assert.deepEqual(
    readdirSync(scratch).filter((name) => name.includes('.partial-')),
    [],
  )
})

test('a file that is not there is the file system error that it is', async () => {
  await assert.rejects(inspectZip('/nonexistent.zip'), { code: 'ENOENT' })
  assert.ok(!existsSync('/nonexistent.zip'))
})
