import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

// The rooms of src/ and what each may import: the picture in ARCHITECTURE.md, held true.
const MAY_IMPORT: Record<string, string[]> = {
  gateway: ['aws', 'base'],
  services: ['invoke', 'store', 'wire', 'aws', 'base'],
  invoke: ['placement', 'wire', 'store', 'aws', 'base'],
  placement: ['wire', 'store', 'aws', 'base'],
  telemetry: ['wire', 'store', 'aws', 'base'],
  worker: ['wire', 'base'], // it runs on its own, maybe as root: no database, no services
  wire: ['base'],
  store: ['base'],
  aws: ['base'],
  base: [],
}

/** Outside base/ nobody reads the clock, sets timers or draws ids: the system must run on a virtual clock. */
const ONLY_IN_BASE =
  /\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|\bperformance\.now\(|\brandomUUID\(|\brandomBytes\(|\bMath\.random\(|node:timers/

const sources = globSync('src/**/*.ts').sort()

test('every import goes where the picture allows', () => {
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter((target) => roomOf(target) !== roomOf(file) && roomOf(file) !== 'src')
      .filter((target) => !MAY_IMPORT[roomOf(file)]?.includes(roomOf(target)))
      .map((target) => `${file} imports ${target}`),
  )
  assert.deepEqual(wrong, [])
})

test('no service imports another', () => {
  const serviceOf = (file: string) => file.split(path.sep)[2]
  const wrong = sources
    .filter((file) => roomOf(file) === 'services' && file.split(path.sep).length > 3)
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => roomOf(target) === 'services' && serviceOf(target) !== serviceOf(file))
        .map((target) => `${file} imports ${target}`),
    )
  assert.deepEqual(wrong, [])
})

test('time, ids and randomness come in through base/', () => {
  const wrong = sources
    .filter((file) => roomOf(file) !== 'base' && !file.endsWith('.test.ts'))
    .filter((file) => ONLY_IN_BASE.test(readFileSync(file, 'utf8')))
  assert.deepEqual(wrong, [])
})

test('every TODO names an issue', () => {
  const wrong = sources.filter((file) => /\bTODO\b(?!.*#\d)/.test(readFileSync(file, 'utf8')))
  assert.deepEqual(wrong, [])
})

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '')
  return specifiers.map((specifier) => path.join(path.dirname(file), specifier))
}

/** `src/gateway/http.ts` is in the room `gateway`; what lies in src/ itself, in `src`. */
function roomOf(file: string): string {
  const parts = file.split(path.sep)
  return parts.length > 2 ? (parts[1] ?? '') : 'src'
}
