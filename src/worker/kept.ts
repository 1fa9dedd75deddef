import { closeSync, constants, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Users } from './users.ts'

/**
 * What an environment keeps while one of its runtimes crashes and the next one starts: its user, and what is in
 * /tmp (as on AWS).
 *
 * A sandbox's /tmp is a file system of its own, of the function's size, that goes with the sandbox; making it on
 * the host instead would cost each cold start a mount. So the daemon only holds a descriptor of it. That keeps it
 * alive, and from it the next sandbox, of the same user, copies the files into its own, at a cost that only a
 * restart has. Without a sandbox /tmp is a folder, which simply stays.
 */
export class Kept {
  /** Where /tmp is where there is no sandbox. */
  readonly folder: string
  #users: Users | undefined
  #uid: number | undefined
  #fd: number | undefined
  #offered = false
  #isNew = true

  constructor(folder: string) {
    this.folder = folder
  }

  /** The environment's user, as long as there is the environment. */
  uid(users: Users): number {
    this.#users = users
    this.#uid ??= users.take()
    return this.#uid
  }

  /** The environment's first runtime was booted before it, as this user. */
  adopt(users: Users, uid: number | undefined): void {
    this.#users = users
    this.#uid = uid
    this.#isNew = false
  }

  /** It has not had a runtime yet: there is no user and no /tmp that the next one would have to have. */
  get isNew(): boolean {
    return this.#isNew
  }

  /** From here on what is in the sandbox's /tmp is kept. `pid`: a process in it. */
  hold(pid: number): void {
    try {
      const fd = openSync(`/proc/${pid}/root/tmp`, constants.O_RDONLY | constants.O_DIRECTORY)
      this.#letGo()
      this.#fd = fd
    } catch {
      // It ended just now, or the kernel does not let us look: the next /tmp begins as this one did.
      this.#offered = false
    }
  }

  /**
   * What the next sandbox is to copy. Offered once: files that took a runtime's whole time to copy would do so
   * again and again.
   */
  offer(): string | undefined {
    this.#isNew = false
    if (this.#offered) this.#letGo()
    if (this.#fd === undefined) return undefined
    this.#offered = true
    return `/proc/${process.pid}/fd/${this.#fd}`
  }

  /** The environment is gone. */
  async release(): Promise<void> {
    this.#letGo()
    if (this.#uid !== undefined) this.#users?.giveBack(this.#uid)
    this.#uid = undefined
    await rm(this.folder, { recursive: true, force: true })
  }

  #letGo(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
    this.#offered = false
  }
}
