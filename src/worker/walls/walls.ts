import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { WITH_LIMITS } from '../launcher/launcher.ts'
import type { Exit, LaunchCommand } from '../launcher/protocol.ts'

const MAIN = fileURLToPath(new URL('./walls.pl', import.meta.url))
const PERL = '/usr/bin/perl'

export interface WallsStart {
  readonly command: LaunchCommand
  readonly plan: WallsPlan
  /** `pid`: of the sandbox's first process. */
  readonly onLaunched: (pid: number) => void
  readonly onExit: (exit: Exit) => void
  /** Nothing of it has run, and nothing is left of it. */
  readonly onFailed: (why: string) => void
}

/** What all sandboxes that the helper makes have in common. */
export interface WallsBase {
  /** The file of the compiled seccomp filter. */
  readonly filter: string
  /** A folder to make roots on. It stays empty. */
  readonly base: string
}

/** What a sandbox is made of, where the walls helper makes it. */
export interface WallsPlan {
  /** What is in its root besides /proc, /dev and /tmp, in this order; binds are read-only. */
  readonly files: readonly FileStep[]
  /** The file of its network namespace, where it has one. */
  readonly network: string | undefined
  /** The file of the mount namespace that its own is made from, where that is not the daemon's. */
  readonly mounts: string | undefined
  readonly uid: number
  readonly gid: number
  readonly temporaryMb: number
  /** Where its program starts. */
  readonly folder: string
  readonly variables: Readonly<Record<string, string>>
  readonly argv: readonly string[]
}

export type FileStep =
  | readonly ['bind', source: string, target: string]
  | readonly ['link', to: string, target: string]
  | readonly ['folder', target: string]

/** The daemon's end of walls.pl, the process that makes sandboxes in forks of itself. */
export class Walls {
  readonly #child: ChildProcess
  readonly #started = new Map<string, WallsStart>()
  readonly #ready = Promise.withResolvers<void>()
  #works = false
  #ended = false

  /** Undefined where the machine has no Perl. */
  static start({ filter, base }: WallsBase, report: (error: unknown) => void): Walls | undefined {
    return existsSync(PERL) ? new Walls([PERL, MAIN, process.arch, base, filter], report) : undefined
  }

  private constructor(argv: readonly string[], report: (error: unknown) => void) {
    this.#child = spawn('/bin/sh', ['-c', WITH_LIMITS, ...argv], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: '/usr/bin:/bin' },
    })
    const { stdin, stdout } = this.#child
    if (stdin === null || stdout === null) throw new Error('The walls helper has no pipes.')
    stdin.on('error', () => {})
    this.#child.on('error', report)
    this.#child.on('close', () => this.#onEnd())
    createInterface({ input: stdout }).on('line', (line) => this.#hear(line))
    this.#keepQuiet()
  }

  get works(): boolean {
    return this.#works
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Resolves when it takes orders, or never will. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  launch(start: WallsStart): void {
    const { command, plan } = start
    this.#started.set(command.id, start)
    // What runs has an end to be heard of.
    this.#child.ref()
    const variables = Object.entries(plan.variables).flat()
    const files = plan.files.map((step) => step.join('\t'))
    this.#order([
      'start',
      command.id,
      command.outputFifo,
      command.framesFifo,
      plan.network ?? '',
      plan.mounts ?? '',
      `${plan.uid}`,
      `${plan.gid}`,
      `${plan.temporaryMb * 2 ** 20}`,
      plan.folder,
      command.record,
      ...[command.cgroups, files, variables, plan.argv].flatMap((list) => [`${list.length}`, ...list]),
    ])
  }

  /** Whether this sandbox is of its making. */
  has(id: string): boolean {
    return this.#started.has(id)
  }

  /** Ends all of a sandbox at once. `onExit` follows. */
  kill(id: string): void {
    this.#order(['kill', id])
  }

  /** Asks a sandbox's program to end. */
  terminate(id: string): void {
    this.#order(['terminate', id])
  }

  /** Ends it, and with it all sandboxes of its making. */
  async stop(): Promise<void> {
    if (this.#ended) return
    const closed = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.ref()
    this.#child.stdin?.end()
    await closed
  }

  #order(words: readonly string[]): void {
    if (this.#ended) return
    const body = Buffer.from(words.join('\0'))
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(body.length)
    this.#child.stdin?.write(Buffer.concat([length, body]))
  }

  #hear(line: string): void {
    const [what = '', id = '', ...words] = line.split(' ')
    if (what === 'ready') {
      this.#works = true
      this.#ready.resolve()
    }
    const start = this.#started.get(id)
    if (what === 'launched') start?.onLaunched(Number(words[0]))
    if (what === 'exited') this.#take(id)?.onExit(exitOf(Number(words[0]), Number(words[1])))
    if (what === 'failed') this.#take(id)?.onFailed(words.join(' ').trim())
    if (what === 'broke') this.#take(id)?.onExit({ error: words.join(' ').trim() })
  }

  #take(id: string): WallsStart | undefined {
    const start = this.#started.get(id)
    this.#started.delete(id)
    if (this.#started.size === 0) this.#keepQuiet()
    return start
  }

  /** One that has nothing to do keeps nobody alive. */
  #keepQuiet(): void {
    this.#child.unref()
    for (const pipe of [this.#child.stdin, this.#child.stdout]) (pipe as { unref?(): void } | null)?.unref?.()
  }

  /** Its sandboxes ended with it. */
  #onEnd(): void {
    this.#ended = true
    this.#works = false
    this.#ready.resolve()
    for (const id of [...this.#started.keys()]) this.#take(id)?.onExit({ code: null, signal: 'SIGKILL' })
  }
}

/** A signal that ends the first process is the daemon's SIGKILL, or the kernel's for want of memory. */
function exitOf(code: number, signal: number): Exit {
  return signal === 0 ? { code, signal: null } : { code: null, signal: 'SIGKILL' }
}
