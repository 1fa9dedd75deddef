import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { inspectZip, unpackZip, ZipError } from './index.ts'
import { pathInPackage } from './name.ts'
import { rawZip } from './testing.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'lambdad-zip-names-'))
after(() => rmSync(scratch, { recursive: true }))

/** Pieces of which the dangerous names are made, among harmless ones. */
const piece = fc.constantFrom('..', '.', '/', '\\', 'a', 'b', 'C:', '', '~', '\0', ' ', 'ü', '%2e%2e', '…')
const hostileName = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))

test('whatever a name is, it is refused or stays inside the package', () => {
  fc.assert(
    fc.property(fc.oneof(hostileName, fc.string({ unit: 'binary' })), fc.boolean(), (name, madeOnDos) => {
      let inside: string
      try {
        inside = pathInPackage(name, madeOnDos)
      } catch (error) {
        return error instanceof ZipError
      }
      const resolved = path.posix.resolve('/package', inside)
      return resolved === '/package' ? inside === '' : resolved === `/package/${inside}`
    }),
    { numRuns: 3000 },
  )
})

const linkOrFile = fc.record({
  name: hostileName,
  data: hostileName,
  mode: fc.constantFrom(0o100644, 0o120777, 0o040755),
  host: fc.constantFrom(0, 3),
})

test('whatever the entries are, nothing is written outside', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(linkOrFile, { maxLength: 5 }), async (entries) => {
      const directory = path.join(scratch, 'package')
      const made = await unpackZip(rawZip(entries), directory).catch((error: unknown) => error)
      const left = readdirSync(scratch)
      rmSync(directory, { recursive: true, force: true })
      if (made instanceof Error) assert.ok(made instanceof ZipError, String(made))
      assert.deepEqual(left, made instanceof ZipError ? [] : ['package'])
      assert.ok(!existsSync(path.join(scratch, 'a')))
    }),
    { numRuns: 400 },
  )
})

test('a byte changed anywhere is refused or changes nothing that the archive protects', async () => {
  const data = 'exports.handler = async () => "hello"'
  const zip = rawZip([{ name: 'index.js', data, deflate: true }])
  await fc.assert(
    fc.asyncProperty(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const changed = Buffer.from(zip)
      changed.writeUInt8(changed.readUInt8(at) ^ change, at)
      const directory = path.join(scratch, 'changed')
      const made = await unpackZip(changed, directory).catch((error: unknown) => error)
      if (made instanceof Error) assert.ok(made instanceof ZipError, String(made))
      else {
        for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
          const text = readSafely(path.join(directory, name))
          assert.ok(text === undefined || text === data || text === '')
        }
      }
      rmSync(directory, { recursive: true, force: true })
    }),
    { numRuns: 600 },
  )
})

function readSafely(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

test('bytes at random are refused as broken', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      await assert.rejects(inspectZip(Buffer.from(bytes)), { reason: 'broken' })
    }),
    { numRuns: 200 },
  )
})
