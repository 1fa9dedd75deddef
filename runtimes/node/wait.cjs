'use strict'
// What a runtime does that was booted before it has a function.

const { closeSync, openSync } = require('node:fs')
const Module = require('node:module')
const { enter, invokeModern, loopEnd } = require('./invoke.cjs')
const { load } = require('./load.cjs')
const log = require('./log.cjs')

/**
 * Runs once, for nobody, what the function would wait for: V8 compiles at first use, Node makes its loader of ES
 * modules then. Looks at no file where the function's code will be.
 */
async function warmUp() {
  const nowhere = openSync('/dev/null', 'w')
  log.patchConsole({ _LAMBDA_TELEMETRY_LOG_FD: String(nowhere) })
  console.log('')
  closeSync(nowhere)
  const handler = await load(__dirname, 'warm.handler', true)
  const invocation = { headers: {}, body: Buffer.from('{"a":1}') }
  enter(invocation.headers)
  await new Promise((done) => {
    invokeModern(handler, invocation, { succeed: done, fail: done })
  })
  loopEnd.run = undefined
}

/** From here on the process is as if it had been started for this function. */
function become({ variables, folder }, env) {
  for (const name of Object.keys(env)) if (!(name in variables)) delete env[name]
  for (const [name, value] of Object.entries(variables)) {
    // Setting TZ, even to what it is, makes V8 find out about time zones for 6 ms.
    if (env[name] !== value) env[name] = value
  }
  process.chdir(folder)
  // NODE_PATH was read at the boot.
  Module._initPaths()
}

module.exports = { warmUp, become }
