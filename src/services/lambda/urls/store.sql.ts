import type { Kysely } from 'kysely'
import type { FunctionKey } from '../function.ts'
import { columnsOf, type LambdaTables } from '../store-rows.sql.ts'
import type { FunctionUrl } from './url.ts'

// What is kept of function URLs, inside a transaction and outside.

type Db = Kysely<LambdaTables>

export async function findUrl(db: Db, key: FunctionKey, qualifier: string): Promise<FunctionUrl | undefined> {
  const row = await db
    .selectFrom('lambda_urls')
    .select('record')
    .where((eb) => eb.and({ ...columnsOf(key), qualifier }))
    .executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.record)
}

export async function findUrlById(db: Db, urlId: string): Promise<FunctionUrl | undefined> {
  const row = await db
    .selectFrom('lambda_urls')
    .select('record')
    .where('url_id', '=', urlId)
    .executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.record)
}

export async function listUrls(
  db: Db,
  key: FunctionKey,
  page: { after?: readonly string[]; max: number },
): Promise<FunctionUrl[]> {
  const rows = await db
    .selectFrom('lambda_urls')
    .select('record')
    .where((eb) => eb.and(columnsOf(key)))
    .$if(page.after !== undefined, (query) => query.where('qualifier', '>', page.after?.[0] ?? ''))
    .orderBy('qualifier')
    .limit(page.max)
    .execute()
  return rows.map(({ record }) => JSON.parse(record))
}

export async function saveUrl(db: Db, url: FunctionUrl): Promise<void> {
  const record = JSON.stringify(url)
  const { qualifier, urlId } = url
  await db
    .insertInto('lambda_urls')
    .values({ ...columnsOf(url), qualifier, url_id: urlId, record })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'region', 'name', 'qualifier']).doUpdateSet({ record }),
    )
    .execute()
}

export async function deleteUrl(db: Db, key: FunctionKey, qualifier: string): Promise<void> {
  await db
    .deleteFrom('lambda_urls')
    .where((eb) => eb.and({ ...columnsOf(key), qualifier }))
    .execute()
}
