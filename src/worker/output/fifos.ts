import type { Launcher } from '../launcher/launcher.ts'

/** FIFOs made by one mkfifo(1), which costs a process whatever their number: 16 environments' worth. */
const BATCH = 32

/** With fewer left than this, more are made before they are needed. */
const LOW = 8

/** Named pipes, made ahead. Node has no call for it. */
export class Fifos {
  readonly #launcher: Launcher
  readonly #folder: string
  readonly #ready: string[] = []
  #made = 0
  #making: Promise<void> | undefined

  constructor(launcher: Launcher, folder: string) {
    this.#launcher = launcher
    this.#folder = folder
  }

  /** Makes the first ones ahead of the first environment. */
  warm(): void {
    this.#more().catch(() => {
      // take() makes the attempt again, and tells.
    })
  }

  /** The path of one that nobody else gets. */
  async take(): Promise<string> {
    while (this.#ready.length === 0) await this.#more()
    const path = this.#ready.pop() as string
    if (this.#ready.length < LOW) this.warm()
    return path
  }

  #more(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  async #make(): Promise<void> {
    const paths = Array.from({ length: BATCH }, () => `${this.#folder}/${++this.#made}`)
    await this.#launcher.makeFifos(paths)
    this.#ready.push(...paths)
  }
}
