import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Exit, FromLauncher, LaunchCommand, ToLauncher } from './protocol.ts'

const MAIN = fileURLToPath(new URL('./launcher-main.mjs', import.meta.url))

/**
 * Limits that every environment inherits from the launcher: 1024 open files, as on AWS, and no core dumps.
 * The launcher itself holds few descriptors whatever the number of environments.
 */
export const WITH_LIMITS = 'ulimit -n 1024 2>/dev/null; ulimit -c 0 2>/dev/null; exec "$0" "$@"'

/** Who hears of a command. */
export interface Launched {
  readonly onLaunched: (pid: number) => void
  readonly onExit: (exit: Exit) => void
}

/** The daemon's end of the launcher: started at the first need, started again when it died. */
export class Launcher {
  readonly #report: (error: unknown) => void
  readonly #launched = new Map<string, Launched>()
  readonly #fifos = new Map<string, PromiseWithResolvers<void>>()
  #child: ChildProcess | undefined
  #stopped = false

  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  /** Starts the launcher's process ahead of the first environment. */
  warm(): void {
    this.#process()
  }

  launch(command: LaunchCommand, launched: Launched): void {
    if (this.#stopped) {
      queueMicrotask(() => launched.onExit({ code: null, signal: 'SIGKILL' }))
      return
    }
    this.#launched.set(command.id, launched)
    this.#send(command)
    // What runs has an end to be heard of; a launcher without work keeps nobody alive.
    this.#process().channel?.ref()
  }

  /** Ends an environment's processes: at once, and without asking them. `onExit` follows. */
  kill(id: string): void {
    if (this.#launched.has(id)) this.#send({ type: 'kill', id })
  }

  /** Moves a process that somebody else started, with what it forks meanwhile, into its cgroups. */
  join(pid: number, cgroups: readonly string[]): void {
    if (this.#stopped) return
    this.#send({ type: 'join', pid, cgroups })
  }

  /** Asks an environment's first process to end. */
  terminate(id: string): void {
    if (this.#launched.has(id)) this.#send({ type: 'terminate', id })
  }

  /** Writes to a supervisor. */
  tell(id: string, line: string): void {
    if (this.#launched.has(id)) this.#send({ type: 'tell', id, line })
  }

  async makeFifos(paths: readonly string[]): Promise<void> {
    if (this.#stopped) throw new Error('The launcher was stopped.')
    const made = Promise.withResolvers<void>()
    this.#fifos.set(paths[0] ?? '', made)
    this.#send({ type: 'make-fifos', paths })
    await made.promise
  }

  /** Ends the launcher, and with it every environment. Resolves when it is gone; none is started any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    const child = this.#child
    if (child === undefined) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.ref()
    if (child.connected) child.disconnect()
    await exited
  }

  #send(message: ToLauncher): void {
    const child = this.#process()
    // Another may have followed it before this is heard.
    child.send(message, (error) => {
      if (error !== null) this.#lost(error, child)
    })
  }

  #process(): ChildProcess {
    if (this.#child !== undefined) return this.#child
    const child = spawn('/bin/sh', ['-c', WITH_LIMITS, process.execPath, MAIN], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    })
    this.#child = child
    child.on('message', (message) => this.#heard(message as FromLauncher))
    child.on('error', (error) => {
      this.#report(error)
      this.#lost(error, child)
    })
    child.on('exit', () => this.#lost(new Error('The launcher ended.'), child))
    child.unref()
    child.channel?.unref()
    return child
  }

  #heard(message: FromLauncher): void {
    if (message.type === 'launched') this.#launched.get(message.id)?.onLaunched(message.pid)
    if (message.type === 'exited') this.#exited(message.id, message)
    if (message.type === 'fifos-made') this.#fifosMade(message.paths[0] ?? '', message.error)
  }

  #exited(id: string, exit: Exit): void {
    const launched = this.#launched.get(id)
    this.#launched.delete(id)
    if (this.#launched.size === 0) this.#child?.channel?.unref()
    launched?.onExit(exit)
  }

  #fifosMade(key: string, error: string | undefined): void {
    const made = this.#fifos.get(key)
    this.#fifos.delete(key)
    if (error === undefined) made?.resolve()
    else made?.reject(new Error(`mkfifo failed: ${error}`))
  }

  /** Its environments died with it. */
  #lost(error: Error, child: ChildProcess): void {
    if (this.#child !== child) return
    this.#child = undefined
    for (const id of [...this.#launched.keys()]) this.#exited(id, { code: null, signal: 'SIGKILL' })
    for (const key of [...this.#fifos.keys()]) this.#fifosMade(key, error.message)
  }
}
