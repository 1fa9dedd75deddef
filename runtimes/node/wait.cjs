'use strict'
// What a runtime does that was booted before it has a function.

const Module = require('node:module')
const { load } = require('./load.cjs')
const log = require('./log.cjs')

/**
 * Runs once what the function would wait for: V8 compiles at first use, Node makes its loader of ES modules then.
 * Looks at no file where the function's code will be.
 */
async function warmUp() {
  log.patchConsole({})
  await load(__dirname, 'warm.handler', true)
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
