'use strict'
// `_X_AMZN_TRACE_ID`, which is another one in each invocation. Written to the environment each time it would cost an
// eighth of a short invocation, and memory for ever, as glibc's setenv keeps every value. So process.env is a proxy
// that knows the current one, and writes it only when somebody looks at the environment as a whole: to list or copy it,
// which is how child processes get theirs.

const NAME = '_X_AMZN_TRACE_ID'

/** The variables themselves, once there is a proxy of them. */
let variables
let value
/** `value` is newer than what the environment has. */
let pending = false

function write() {
  if (!pending) return
  pending = false
  if (value === undefined) delete variables[NAME]
  else variables[NAME] = value
}

const traps = {
  get: (target, key) => (key === NAME && pending ? value : target[key]),
  set(target, key, given) {
    if (key === NAME) pending = false
    return Reflect.set(target, key, given)
  },
  has(target, key) {
    if (key === NAME) write()
    return key in target
  },
  deleteProperty(target, key) {
    if (key === NAME) pending = false
    return Reflect.deleteProperty(target, key)
  },
  defineProperty(target, key, descriptor) {
    if (key === NAME) write()
    return Reflect.defineProperty(target, key, descriptor)
  },
  getOwnPropertyDescriptor(target, key) {
    if (key === NAME) write()
    return Reflect.getOwnPropertyDescriptor(target, key)
  },
  ownKeys(target) {
    write()
    return Reflect.ownKeys(target)
  },
}

/** Puts the proxy in place of process.env. */
function watchEnvironment() {
  variables = process.env
  process.env = new Proxy(variables, traps)
}

/** How many modules of Node's own there were when it was last looked. */
let modulesSeen = 0
let hasThreads = false

/**
 * Threads begin with a copy of the environment that Node makes without looking at process.env: where the function has
 * loaded what makes them, the environment itself has to be right.
 */
function mayStartThreads() {
  const { moduleLoadList } = process
  if (hasThreads || moduleLoadList.length === modulesSeen) return hasThreads
  modulesSeen = moduleLoadList.length
  hasThreads = moduleLoadList.includes('NativeModule worker_threads')
  return hasThreads
}

/** The trace of the invocation that begins; undefined where it has none. */
function setTrace(trace) {
  value = trace
  pending = true
  if (mayStartThreads()) write()
}

module.exports = { setTrace, watchEnvironment }
