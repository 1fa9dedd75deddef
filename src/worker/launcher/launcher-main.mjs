// The launcher: a small process that spawns, so that the daemon does not have to. spawn() blocks its caller
// in proportion to the caller's memory (0.6 ms at 41 MB, 15 ms at 1.2 GB), and this one stays small. It is
// JavaScript, not TypeScript, because type stripping would double its start (18 against 43 ms), and it imports
// almost nothing for the same reason. It ends with the daemon, and takes all environments along.
//
// Messages in and out are the types of protocol.ts.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFile, readFileSync, writeFile, writeFileSync } from 'node:fs'

/** The channel's descriptors in the child: 0 to 2 as everywhere, framed logs, then what bwrap asks for. */
const FRAMES = 3
const INFO = 4
const BLOCK = 6
const TEMPORARY = 7
/** What a supervisor reports, and the output of the extensions that it starts. */
const REPORTS = 8
const EXTENSIONS = 9

/** @type {Map<string, { child: import('node:child_process').ChildProcess, sandboxed: boolean, cgroups: string[] }>} */
const running = new Map()

closeInherited()

/** The mkfifo(1)s that are at work. */
/** @type {Set<import('node:child_process').ChildProcess>} */
const making = new Set()

process.on('message', (message) => {
  // Heard after the daemon has gone: there is nobody for whom to begin anything.
  if (!process.connected) return
  if (message.type === 'launch') launch(message)
  else if (message.type === 'join') join(message.cgroups, message.pid, () => {})
  else if (message.type === 'kill') kill(message.id)
  else if (message.type === 'terminate') terminate(message.id)
  else if (message.type === 'tell') tellSupervisor(message)
  else if (message.type === 'make-fifos') makeFifos(message)
})
// The daemon is gone, however it went.
process.on('disconnect', () => {
  for (const { child, cgroups } of running.values()) {
    thaw(cgroups)
    killGroup(child.pid)
  }
  killStrays([...running].filter(([, { sandboxed }]) => !sandboxed).map(([id]) => id))
  // What is being made would be made into a folder that is being removed.
  for (const child of making) child.kill('SIGKILL')
  exitOnceMade()
})
// Ctrl-C reaches the whole process group; the daemon decides when it is over.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

/**
 * Closes what whoever started the daemon left open for its children: environments would inherit it. What is
 * Node's own closes on exec.
 */
function closeInherited() {
  if (process.platform !== 'linux') return
  const closesOnExec = 0o2000000
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    if (fd <= 2 || fd === process.channel.fd) continue
    try {
      const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0'
      if ((Number.parseInt(flags, 8) & closesOnExec) === 0) closeSync(fd)
    } catch {
      // That of reading the folder itself.
    }
  }
}

/** The daemon may have gone meanwhile; 'disconnect' follows. */
function tell(message) {
  if (process.connected) process.send(message, () => {})
}

function launch(command) {
  const opened = []
  const open = (path, flags) => {
    const fd = openSync(path, flags)
    opened.push(fd)
    return fd
  }
  try {
    // The daemon holds the reading ends already: opening for writing does not wait.
    const output = open(command.outputFifo, 'w')
    const stdio = [command.supervisor === undefined ? 'ignore' : 'pipe', output, output]
    stdio[FRAMES] = open(command.framesFifo, 'w')
    stdio[INFO] = command.sandboxed ? 'pipe' : 'ignore'
    stdio[5] = command.seccompFilter === undefined ? 'ignore' : open(command.seccompFilter, 'r')
    stdio[BLOCK] = command.waitsForLimits ? 'pipe' : 'ignore'
    if (command.temporaryFrom !== undefined) stdio[TEMPORARY] = openIfThere(command.temporaryFrom, open)
    if (command.supervisor !== undefined) {
      stdio[TEMPORARY] ??= 'ignore'
      stdio[REPORTS] = open(command.supervisor.reportsFifo, 'w')
      stdio[EXTENSIONS] = open(command.supervisor.outputFifo, 'w')
    }
    start(command, stdio)
  } catch (error) {
    tell({ type: 'exited', id: command.id, error: error.message })
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}

/** What a sandbox before this one left: its loss is no reason not to start. */
function openIfThere(path, open) {
  try {
    return open(path, 'r')
  } catch {
    return 'ignore'
  }
}

function start(command, stdio) {
  const [file, ...args] = command.argv
  const umask = command.umask === undefined ? undefined : process.umask(command.umask)
  // A process group of its own, so that all of it can be killed.
  const child = spawn(file, args, { cwd: command.cwd, env: command.variables, stdio, detached: true })
  if (umask !== undefined) process.umask(umask)
  running.set(command.id, { child, sandboxed: command.sandboxed, cgroups: command.cgroups })
  child.on('error', (error) => {
    // Not started at all: there will be no 'exit'.
    if (child.pid === undefined) gone(command, { error: error.message })
  })
  child.on('exit', (code, signal) => gone(command, { code, signal }))
  // A supervisor that is gone hears nothing.
  child.stdin?.on('error', () => {})
  if (child.pid === undefined) return
  record(command, child.pid)
  if (!command.sandboxed) return limit(command, child.pid, child)
  let info = ''
  let limited = false
  child.stdio[INFO].on('error', () => {})
  // It comes in pieces, `{ "child-pid": 26444, … }`, all of which must be read: bwrap would end by SIGPIPE.
  child.stdio[INFO].on('data', (bytes) => {
    info += bytes
    const pid = /"child-pid": *(\d+)\s*[,}]/.exec(info)?.[1]
    if (limited || pid === undefined) return
    limited = true
    limit(command, Number(pid), child)
  })
}

/** Moves the process into its cgroups, and lets it go on where it waits for that. */
function limit(command, pid, child) {
  tell({ type: 'launched', id: command.id, pid })
  const release = () => {
    child.stdio[BLOCK]?.on('error', () => {})
    child.stdio[BLOCK]?.end('x')
  }
  join(command.cgroups, pid, release)
}

function join(cgroups, pid, joined) {
  let left = cgroups.length
  if (left === 0) return joined()
  for (const group of cgroups) {
    // Asynchronously: cgroup v1 takes up to 10 ms for a write after a pause.
    writeFile(`${group}/cgroup.procs`, String(pid), () => {
      joinDescendants(group, pid)
      if (--left === 0) joined()
    })
  }
}

/** What the process forked before it was in its cgroup follows it there. */
function joinDescendants(group, pid) {
  readFile(`/proc/${pid}/task/${pid}/children`, 'utf8', (error, text) => {
    if (error) return
    for (const child of text.trim().split(' ').filter(Boolean)) {
      writeFile(`${group}/cgroup.procs`, child, () => joinDescendants(group, child))
    }
  })
}

/** By this the next daemon finds what this one left, should it end without warning. */
function record(command, pid) {
  readFile(`/proc/${pid}/stat`, 'utf8', (error, stat) => {
    const startTime = error ? '' : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    writeFile(command.record, `${pid} ${startTime}\n`, () => {})
  })
}

function gone(command, how) {
  const child = running.get(command.id)?.child
  running.delete(command.id)
  if (child?.pid !== undefined && !command.sandboxed) {
    killGroup(child.pid)
    killStrays([command.id])
  }
  tell({ type: 'exited', id: command.id, ...how })
}

/** The daemon thaws before it kills; if it dies, that is left to do. Version 1 kills nothing that is frozen. */
function thaw(cgroups) {
  for (const group of cgroups) {
    try {
      writeFileSync(`${group}/freezer.state`, 'THAWED')
    } catch {
      // Not of that kind.
    }
  }
}

function kill(id) {
  const child = running.get(id)?.child
  if (child?.pid !== undefined) killGroup(child.pid)
}

function terminate(id) {
  const entry = running.get(id)
  if (entry?.child.pid === undefined) return
  // bwrap's own processes stay: the second is the first of the sandbox, and its child is what it was to run.
  const pids = entry.sandboxed ? childrenOf(childrenOf(entry.child.pid)[0]) : [entry.child.pid]
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGTERM')
    } catch {
      // It has ended by itself.
    }
  }
}

function childrenOf(pid) {
  if (pid === undefined) return []
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
  } catch {
    return []
  }
}

function tellSupervisor({ id, line }) {
  running.get(id)?.child.stdin?.write(`${line}\n`)
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

/** Without a pid namespace, processes can leave the group; their first variables still tell whose they are. */
function killStrays(ids) {
  if (process.platform !== 'linux' || ids.length === 0) return
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      const id = /(?:^|\0)LAMBDAD_ENVIRONMENT=([^\0]*)/.exec(
        readFileSync(`/proc/${pid}/environ`, 'latin1'),
      )?.[1]
      if (ids.includes(id)) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It ended meanwhile, or is not ours to look at.
    }
  }
}

function exitOnceMade() {
  if (!process.connected && making.size === 0) process.exit(0)
}

function makeFifos({ paths }) {
  // Writable for all: /dev/stdout opens the FIFO anew, as the environment's user. The folder is closed to others.
  const child = spawn('mkfifo', ['-m', '622', ...paths], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (bytes) => {
    said += bytes
  })
  child.on('error', (error) => tell({ type: 'fifos-made', paths, error: error.message }))
  making.add(child)
  child.on('close', (code) => {
    making.delete(child)
    exitOnceMade()
    if (code !== null) tell({ type: 'fifos-made', paths, ...(code === 0 ? {} : { error: said.trim() }) })
  })
}

tell({ type: 'ready' })
