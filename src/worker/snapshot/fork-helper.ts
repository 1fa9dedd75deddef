import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Exit, LaunchCommand } from '../launcher/protocol.ts'

const MAIN = fileURLToPath(new URL('./fork.py', import.meta.url))

/** What a fork is furnished with. */
export interface Furnishing {
  /** The helper's socket of the template, as the host sees it. */
  readonly template: string
  /** The environment's user and group. */
  readonly uid: number
  readonly gid: number
  readonly temporaryMb: number
  /** A folder whose files its /tmp begins with, instead of the template's. */
  readonly from: string | null
  /** A folder inside that is covered: the helper's socket is in it. */
  readonly hidden: string
}

/** What it becomes then. */
export interface ForkOrder extends Pick<Furnishing, 'template' | 'uid'> {
  /** The socket of its Runtime API, as the host sees it. */
  readonly api: string
  /** What it hears of its environment. */
  readonly told: object
}

/** Of forks that wait for their environment. */
export interface Waiting {
  readonly onFurnished: (uid: number) => void
  /** One is gone; without a user where it was not furnished yet. */
  readonly onLost: (uid: number | null) => void
}

export interface Forked {
  /** `pid`: of the process in between; `serving`: of its child, which is the runtime. */
  readonly onLaunched: (pid: number, serving: number) => void
  readonly onExit: (exit: Exit) => void
}

type Heard =
  | { readonly opened: string }
  /** Those that wait, by the socket of their template. */
  | { readonly furnished: string; readonly uid: number }
  | { readonly lost: string; readonly uid: number | null }
  | { readonly launched: string; readonly pid: number; readonly serving: number }
  | ({ readonly exited: string } & Exit)

/** The daemon's end of fork.py, the process that has the rights to set up forks. */
export class ForkHelper {
  readonly #child: ChildProcess
  readonly #expected = new Map<string, Forked>()
  readonly #waiting = new Map<string, Waiting>()
  readonly #opening = new Map<string, PromiseWithResolvers<void>>()
  #lost = false

  /** `python`: any from 3.12 on. It runs nothing of a function's. */
  constructor(python: string, report: (error: unknown) => void) {
    this.#child = spawn(python, ['-I', '-S', '-W', 'ignore', MAIN], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: '/usr/bin:/bin' },
    })
    const { stdin, stdout } = this.#child
    if (stdin === null || stdout === null) throw new Error('The fork helper has no pipes.')
    stdin.on('error', () => {})
    this.#child.on('error', report)
    this.#child.on('close', () => this.#onEnd())
    createInterface({ input: stdout }).on('line', (line) => this.#hear(JSON.parse(line)))
    this.#child.unref()
    for (const pipe of [stdin, stdout]) (pipe as { unref?(): void }).unref?.()
  }

  get works(): boolean {
    return !this.#lost
  }

  /** Listens for the forks of a template, whose processes are those of `uid`. */
  open(socket: string, uid: number, waiting: Waiting): Promise<void> {
    this.#waiting.set(socket, waiting)
    const opening = Promise.withResolvers<void>()
    if (this.#lost) return Promise.reject(new Error('the fork helper ended'))
    this.#opening.set(socket, opening)
    // Who waits for it is kept alive; a helper with nothing to do keeps nobody.
    this.#child.ref()
    this.#ask({ do: 'open', socket, uid })
    return opening.promise
  }

  close(socket: string): void {
    this.#waiting.delete(socket)
    this.#ask({ do: 'close', socket })
  }

  /** Furnishes the next fork of a template that comes. */
  furnish(furnishing: Furnishing): void {
    this.#ask({ do: 'prepare', ...furnishing })
  }

  /** Ends a fork that is furnished, or is to be. */
  abandon(template: string, uid: number): void {
    this.#ask({ do: 'abandon', template, uid })
  }

  /** Makes a fork, as soon as it is furnished, an environment. */
  expect(
    order: ForkOrder,
    { id, outputFifo: output, framesFifo: frames }: LaunchCommand,
    forked: Forked,
  ): void {
    this.#expected.set(id, forked)
    if (this.#lost) this.#exited(id, { error: 'the fork helper ended' })
    else this.#ask({ do: 'expect', id, output, frames, ...order })
  }

  kill(id: string): void {
    this.#ask({ do: 'kill', id })
  }

  terminate(id: string): void {
    this.#ask({ do: 'terminate', id })
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }

  #ask(order: object): void {
    if (!this.#lost) this.#child.stdin?.write(`${JSON.stringify(order)}\n`)
  }

  #hear(heard: Heard): void {
    if ('opened' in heard) {
      this.#opening.get(heard.opened)?.resolve()
      this.#opening.delete(heard.opened)
      if (this.#opening.size === 0) this.#child.unref()
    } else if ('furnished' in heard) this.#waiting.get(heard.furnished)?.onFurnished(heard.uid)
    else if ('lost' in heard) this.#waiting.get(heard.lost)?.onLost(heard.uid)
    else if ('launched' in heard) this.#expected.get(heard.launched)?.onLaunched(heard.pid, heard.serving)
    else this.#exited(heard.exited, heard)
  }

  #exited(id: string, exit: Exit): void {
    const expected = this.#expected.get(id)
    this.#expected.delete(id)
    expected?.onExit(exit)
  }

  /** What it had set up runs on, with nobody to end it: the templates, and with them all forks, are ended. */
  #onEnd(): void {
    this.#lost = true
    for (const opening of this.#opening.values()) opening.reject(new Error('the fork helper ended'))
    this.#opening.clear()
    for (const id of [...this.#expected.keys()]) this.#exited(id, { code: null, signal: 'SIGKILL' })
  }
}
