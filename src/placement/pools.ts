import type { FunctionVersion } from '../wire/function-version.ts'
import { Pool } from './pool.ts'

/** All pools: one for each revision, or for each tenant of a revision that isolates its tenants. */
export class Pools {
  readonly #pools = new Map<string, Pool>()
  /** Of revisions that isolate tenants only: the others have one pool, by the revision itself. */
  readonly #ofTenants = new Map<string, Set<Pool>>()

  poolOf(fn: FunctionVersion, tenantId: string | undefined): Pool {
    const key = keyOf(fn.revision, tenantId)
    const known = this.#pools.get(key)
    if (known !== undefined) return known
    const pool = new Pool(fn, tenantId)
    this.#pools.set(key, pool)
    if (tenantId !== undefined) {
      const others = this.#ofTenants.get(fn.revision) ?? new Set()
      this.#ofTenants.set(fn.revision, others.add(pool))
    }
    return pool
  }

  ofRevision(revision: string): Pool[] {
    const own = this.#pools.get(revision)
    return own === undefined ? [...(this.#ofTenants.get(revision) ?? [])] : [own]
  }

  all(): IterableIterator<Pool> {
    return this.#pools.values()
  }

  drop(pool: Pool): void {
    const { fn, tenantId } = pool
    this.#pools.delete(keyOf(fn.revision, tenantId))
    if (tenantId === undefined) return
    const others = this.#ofTenants.get(fn.revision)
    others?.delete(pool)
    if (others?.size === 0) this.#ofTenants.delete(fn.revision)
  }
}

/** Revisions are UUIDs, and tenant ids hold no newline. */
function keyOf(revision: string, tenantId: string | undefined): string {
  return tenantId === undefined ? revision : `${revision}\n${tenantId}`
}
