import type { Destination } from './directory.ts'
import type { FunctionKey, Scope } from './function.ts'

/** Names that are kept; beyond it the one that was used longest ago goes, and costs a read when it comes again. */
const NAMES_MAX = 10_000
/** Accounts and regions whose reservations are kept. */
const SCOPES_MAX = 10_000

/** A name as a caller wrote it. */
interface AskedName {
  readonly scope: Scope
  readonly functionName: string
  readonly qualifier: string | undefined
}

interface Entry {
  readonly owner: string
  readonly destination: Destination
}

/**
 * What names lead to. Reads take time, and a change may come between a read and its end: only what was read
 * since the last change (`generation`) is kept.
 */
export class DirectoryCache {
  readonly #entries = new Map<string, Entry>()
  readonly #namesOf = new Map<string, Set<string>>()
  readonly #reserved = new Map<string, { total: number; isFresh: boolean }>()
  #generation = 0

  get generation(): number {
    return this.#generation
  }

  find(scope: Scope, functionName: string, qualifier: string | undefined): Destination | undefined {
    const name = nameOf({ scope, functionName, qualifier })
    const entry = this.#entries.get(name)
    if (entry === undefined) return undefined
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    return entry.destination
  }

  remember(asked: AskedName, key: FunctionKey, destination: Destination, since: number): void {
    if (since !== this.#generation) return
    const name = nameOf(asked)
    const owner = ownerOf(key)
    this.#entries.set(name, { owner, destination })
    const names = this.#namesOf.get(owner) ?? new Set()
    this.#namesOf.set(owner, names.add(name))
    const oldest = this.#entries.keys().next().value
    if (this.#entries.size > NAMES_MAX && oldest !== undefined) this.#drop(oldest)
  }

  /** As of the last read, which a change may have come after. */
  reserved(scope: Scope): number | undefined {
    return this.#reserved.get(scopeOf(scope))?.total
  }

  knowsReserved(scope: Scope): boolean {
    return this.#reserved.get(scopeOf(scope))?.isFresh ?? false
  }

  rememberReserved(scope: Scope, total: number, since: number): void {
    if (this.#reserved.size >= SCOPES_MAX) this.#reserved.clear()
    this.#reserved.set(scopeOf(scope), { total, isFresh: since === this.#generation })
  }

  forget(key: FunctionKey): void {
    this.#generation++
    const reserved = this.#reserved.get(scopeOf(key))
    if (reserved !== undefined) reserved.isFresh = false
    for (const name of this.#namesOf.get(ownerOf(key)) ?? []) this.#drop(name)
  }

  forgetAll(): void {
    this.#generation++
    this.#entries.clear()
    this.#namesOf.clear()
    this.#reserved.clear()
  }

  #drop(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    this.#entries.delete(name)
    const names = this.#namesOf.get(entry.owner)
    names?.delete(name)
    if (names?.size === 0) this.#namesOf.delete(entry.owner)
  }
}

// Names cannot hold a newline, so it keeps the parts apart.

function nameOf({ scope, functionName, qualifier }: AskedName): string {
  return `${scope.accountId}\n${scope.region}\n${functionName}\n${qualifier ?? ''}`
}

function ownerOf(key: FunctionKey): string {
  return `${key.accountId}\n${key.region}\n${key.name}`
}

function scopeOf({ accountId, region }: Scope): string {
  return `${accountId}\n${region}`
}
