import assert from 'node:assert/strict'
import { test } from 'node:test'
import { after, type ExtensionEvent, type ExtensionState, STATE_NAMES } from './states.ts'

const EVENTS: ExtensionEvent[] = [
  'register',
  'next',
  'event',
  'initError',
  'exitError',
  'launchError',
  'exit',
  'shutdownFailed',
]

/** A row a state, a column an event; a dot is what is refused. */
const TABLE = `
                register    next   event    initError  exitError  launchError  exit    shutdownFailed
started         registered  .      .        .          .          launchError  .       .
registered      .           ready  .        initError  exitError  .            .       .
ready           .           .      running  .          exitError  .            .       .
running         .           ready  .        .          exitError  .            exited  shutdownFailed
initError       .           .      .        initError  .          .            .       .
exitError       .           .      .        .          exitError  .            .       .
launchError     .           .      .        .          .          .            .       .
exited          .           .      .        .          .          .            .       .
shutdownFailed  .           .      .        .          .          .            .       .
`
const rows = TABLE.trim().split('\n').slice(1)

for (const row of rows) {
  const [state, ...cells] = row.split(/ +/) as [ExtensionState, ...string[]]
  for (const [i, event] of EVENTS.entries()) {
    test(`an extension that is ${state}, on ${event}: ${cells[i]}`, () => {
      assert.equal(after(state, event) ?? '.', cells[i])
    })
  }
}

test('the table has every state', () => {
  assert.deepEqual(rows.map((row) => row.split(' ')[0]).sort(), Object.keys(STATE_NAMES).sort())
})
