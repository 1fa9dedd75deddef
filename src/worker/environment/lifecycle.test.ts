import assert from 'node:assert/strict'
import { test } from 'node:test'
import { after, type Event, type State } from './lifecycle.ts'

// A row is a state, a column an event, a cell the state that follows; a dash is a refusal.
const LIFECYCLE = `
              next      assign      answer    respond     responded  initError  timeout   exit      retire
  starting    idle      -           -         -           -          dormant    dormant   dormant   stopped
  idle        idle      invoking    -         -           -          -          -         dormant   stopped
  invoking    invoking  -           answered  responding  -          -          dormant   dormant   -
  responding  -         -           -         -           answered   -          dormant   dormant   -
  answered    idle      -           -         -           -          -          dormant   dormant   -
  dormant     -         restarting  -         -           -          -          -         -         stopped
  restarting  invoking  -           -         -           -          dormant    dormant   dormant   -
  stopped     -         -           -         -           -          -         -         -         -
`

test('the life-cycle allows what the table says, and nothing else', () => {
  const [events = [], ...rows] = LIFECYCLE.trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))

  assert.equal(rows.length * events.length, 72)
  for (const [state, ...cells] of rows) {
    for (const [column, cell] of cells.entries()) {
      const following = after(state as State, events[column] as Event)
      assert.equal(following ?? '-', cell, `${state} on ${events[column]}`)
    }
  }
})
