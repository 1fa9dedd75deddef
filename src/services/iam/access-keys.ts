import type { Kysely } from 'kysely'
import type { AccessKey, AccessKeys } from '../../aws/access-key.ts'
import { sessionAccessKey } from '../../aws/session-credentials.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Database } from '../../store/database.ts'
import { uniqueId } from './ids.ts'

type KeyTables = {
  access_keys: {
    access_key_id: string
    secret_access_key: string
    account_id: string
    principal_arn: string
    created_at: number
  }
  secrets: { name: string; value: Uint8Array; created_at: number }
}

export interface KeyDeps {
  readonly database: Database
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
}

export interface RootKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/**
 * The access key of the account's root: made when it is first asked for, and the same ever after. When this
 * resolves it is durable. Nodes that start together agree on one.
 */
export async function ensureRootKey(
  { database, clock, random }: KeyDeps,
  accountId: string,
): Promise<RootKey> {
  const principalArn = `arn:aws:iam::${accountId}:root`
  return database.write(async (transaction) => {
    const keys = transaction.withTables<KeyTables>()
    await rootKeyLock(keys, clock)
    const known = await keys
      .selectFrom('access_keys')
      .select(['access_key_id', 'secret_access_key'])
      .where('principal_arn', '=', principalArn)
      .orderBy('access_key_id')
      .executeTakeFirst()
    if (known !== undefined)
      return { accessKeyId: known.access_key_id, secretAccessKey: known.secret_access_key }

    const made = {
      accessKeyId: uniqueId('AKIA', random),
      secretAccessKey: random.bytes(30).toString('base64'),
    }
    await keys
      .insertInto('access_keys')
      .values({
        access_key_id: made.accessKeyId,
        secret_access_key: made.secretAccessKey,
        account_id: accountId,
        principal_arn: principalArn,
        created_at: clock.now(),
      })
      .execute()
    return made
  })
}

/** Two nodes that start together must not each make a key: the second waits here, and then finds the first's. */
async function rootKeyLock(keys: Kysely<KeyTables>, clock: Pick<Clock, 'now'>): Promise<void> {
  await keys
    .insertInto('secrets')
    .values({ name: 'root-key-lock', value: new Uint8Array(), created_at: clock.now() })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ created_at: clock.now() }))
    .execute()
}

const MASTER_KEY = 'master-key'

/**
 * The key by which all nodes over one database mint and read session credentials: 32 bytes, made when first
 * asked for, durable when this resolves.
 */
export async function masterKey({ database, clock, random }: KeyDeps): Promise<Buffer> {
  return database.write(async (transaction) => {
    const tables = transaction.withTables<KeyTables>()
    await tables
      .insertInto('secrets')
      .values({ name: MASTER_KEY, value: random.bytes(32), created_at: clock.now() })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute()
    const query = tables.selectFrom('secrets').select('value').where('name', '=', MASTER_KEY)
    return Buffer.from((await query.executeTakeFirstOrThrow()).value)
  })
}

/** Looks up an access key that is kept: no session's. */
export async function findAccessKey(database: Database, accessKeyId: string): Promise<AccessKey | undefined> {
  const row = await database.kysely
    .withTables<KeyTables>()
    .selectFrom('access_keys')
    .select(['secret_access_key', 'account_id', 'principal_arn'])
    .where('access_key_id', '=', accessKeyId)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    secretAccessKey: row.secret_access_key,
    accountId: row.account_id,
    principalArn: row.principal_arn,
  }
}

/** Kept keys that are remembered; beyond it the oldest is asked for again. */
const REMEMBERED_MAX = 1_000

/**
 * The access keys of this installation: those that are kept, and those of sessions. A kept key does not change
 * and cannot be deleted yet, so that what was found is remembered, and a call costs no query.
 */
export function createAccessKeys(database: Database, master: Buffer): AccessKeys {
  const remembered = new Map<string, AccessKey>()
  return {
    async find(accessKeyId, sessionToken) {
      if (sessionToken !== undefined) {
        const session = sessionAccessKey(master, accessKeyId, sessionToken)
        if (session !== undefined) return session
      }
      const known = remembered.get(accessKeyId) ?? (await findAccessKey(database, accessKeyId))
      if (known === undefined) return undefined
      if (remembered.size >= REMEMBERED_MAX) remembered.delete(remembered.keys().next().value ?? '')
      remembered.set(accessKeyId, known)
      return known
    },
  }
}
