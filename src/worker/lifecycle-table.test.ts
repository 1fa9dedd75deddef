import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const rows = readFileSync(path.join(import.meta.dirname, 'LIFECYCLE.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| when '))

test('every row of LIFECYCLE.md names a test that is there', () => {
  assert.ok(rows.length > 50)
  for (const row of rows) {
    const [, file = '', title = ''] = /\| `([^`]+)`: (.+) \|$/.exec(row) ?? assert.fail(`No test: ${row}`)
    const source = path.join(import.meta.dirname, file)
    assert.ok(existsSync(source), file)
    assert.ok(readFileSync(source, 'utf8').includes(title), `${file} has no test “${title}”.`)
  }
})
