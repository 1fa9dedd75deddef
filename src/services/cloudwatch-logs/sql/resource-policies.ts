import type { ResourcePolicy } from '../resource-policy.ts'
import type { Scope } from '../store.ts'
import type { LogsTransaction, Read } from './tables.ts'

export async function resourcePolicies(read: Read, { accountId, region }: Scope): Promise<ResourcePolicy[]> {
  const rows = await read
    .selectFrom('log_resource_policies')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('region', '=', region)
    .orderBy('name')
    .execute()
  return rows.map(({ name, document, updated_at }) => ({ name, document, updatedAt: Number(updated_at) }))
}

export async function putResourcePolicy(
  transaction: LogsTransaction,
  scope: Scope,
  { name, document, updatedAt }: ResourcePolicy,
  max: number,
): Promise<boolean> {
  const others = (await resourcePolicies(transaction, scope)).filter((policy) => policy.name !== name)
  if (others.length >= max) return false
  const { accountId, region } = scope
  const content = { document, updated_at: updatedAt }
  await transaction
    .insertInto('log_resource_policies')
    .values({ account_id: accountId, region, name, ...content })
    .onConflict((conflict) => conflict.columns(['account_id', 'region', 'name']).doUpdateSet(content))
    .execute()
  return true
}

export async function deleteResourcePolicy(
  transaction: LogsTransaction,
  { accountId, region }: Scope,
  name: string,
): Promise<boolean> {
  const { numDeletedRows } = await transaction
    .deleteFrom('log_resource_policies')
    .where('account_id', '=', accountId)
    .where('region', '=', region)
    .where('name', '=', name)
    .executeTakeFirst()
  return numDeletedRows > 0
}
