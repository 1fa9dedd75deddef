/**
 * First of the host's user ids that environments get: far above those of people, of services, and of the ranges
 * that containers are usually given.
 */
const FIRST = 2_000_000_001

/** How many there are; an environment is not started without one. */
const COUNT = 60_000

/** A user for each environment, so that none may touch another's processes or connections. */
export class Users {
  #next = 0
  readonly #free: number[] = []

  take(): number {
    const uid = this.#free.shift()
    if (uid !== undefined) return uid
    if (this.#next === COUNT) throw new Error(`All ${COUNT} users for environments are taken.`)
    return FIRST + this.#next++
  }

  /** To be called when nothing runs as the user any more. */
  giveBack(uid: number): void {
    this.#free.push(uid)
  }
}
