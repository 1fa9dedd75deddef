import type { Transaction } from 'kysely'
import type { Clock } from '../base/clock.ts'
import type { Database, Tables } from './database.ts'
import type { Lease, Leases } from './leases.ts'

interface Row {
  name: string
  owner: string
  token: number
  expires_at: number
}

type LeaseTables = { store_leases: Row }

/**
 * A row a lease. It stays when the lease is over: its token must never be given again. So the names come
 * from a limited set, as those of shards and mappings do.
 */
export class SqlLeases implements Leases {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  acquire(name: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    const now = this.#clock.now()
    const row = { name, owner, token: 1, expires_at: now + ttlMs }
    return this.#one((tables) =>
      tables
        .insertInto('store_leases')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet((eb) => ({
              owner,
              expires_at: row.expires_at,
              token: eb
                .case()
                .when(eb.and([eb('store_leases.owner', '=', owner), eb('store_leases.expires_at', '>', now)]))
                .then(eb.ref('store_leases.token'))
                .else(eb('store_leases.token', '+', 1))
                .end(),
            }))
            .where((eb) =>
              eb.or([eb('store_leases.owner', '=', owner), eb('store_leases.expires_at', '<=', now)]),
            ),
        )
        .returningAll()
        .executeTakeFirst(),
    )
  }

  renew(lease: Lease, ttlMs: number): Promise<Lease | undefined> {
    return this.#one((tables) => this.#update(tables, lease, this.#clock.now() + ttlMs))
  }

  async release(lease: Lease): Promise<void> {
    await this.#one((tables) => this.#update(tables, lease, 0))
  }

  async isHeld(transaction: Transaction<Tables>, lease: Lease): Promise<boolean> {
    // An update that changes nothing locks the row until the transaction ends, on either database.
    const row = await this.#update(transaction.withTables<LeaseTables>(), lease)
    return row !== undefined
  }

  /** Undefined where the lease is no longer held. */
  #update(tables: Transaction<LeaseTables>, lease: Lease, expiresAt?: number): Promise<Row | undefined> {
    return tables
      .updateTable('store_leases')
      .set((eb) => ({ expires_at: expiresAt ?? eb.ref('expires_at') }))
      .where('name', '=', lease.name)
      .where('owner', '=', lease.owner)
      .where('token', '=', lease.token)
      .where('expires_at', '>', this.#clock.now())
      .returningAll()
      .executeTakeFirst()
  }

  async #one(
    run: (tables: Transaction<LeaseTables>) => Promise<Row | undefined>,
  ): Promise<Lease | undefined> {
    const row = await this.#database.write((transaction) => run(transaction.withTables<LeaseTables>()), {
      isolation: 'locks',
    })
    return row && { name: row.name, owner: row.owner, token: row.token, expiresAt: row.expires_at }
  }
}
