import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const text = readFileSync(`${ROOT}/SECURITY.md`, 'utf8')
const rows = text
  .slice(text.indexOf('| escape |'), text.indexOf('## What is not stopped'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| escape |'))

test('every escape in SECURITY.md names a test that is there', () => {
  assert.ok(rows.length > 30)
  for (const row of rows) {
    const proofs =
      row
        .split(' | ')
        .at(-1)
        ?.replace(/ \|$/, '')
        .split(/; (?=`)/) ?? []
    assert.ok(proofs.length > 0 && !proofs.includes(''), row)
    for (const proof of proofs) assertThere(proof)
  }
})

/** `file`: title, or a title of escapes.test.ts; where it ends in … it is the beginning of one. */
function assertThere(proof: string): void {
  const [, name = 'escapes.test.ts', titles = ''] = /^(?:`([^`]+)`: )?(.+)$/.exec(proof) ?? []
  const [file = assert.fail(`There is no ${name}.`)] = globSync(
    name.includes('/') ? name : `src/worker/*/${name}`,
    { cwd: ROOT },
  )
  const source = readFileSync(`${ROOT}/${file}`, 'utf8')
  for (const title of titles.split(/ ?…(?:, |$)/).filter(Boolean)) {
    assert.ok(source.includes(title), `${name} has no test “${title}”.`)
  }
}
