import type { Kysely } from 'kysely'
import type { Database } from '../../store/database.ts'
import { type ManagedPolicy, policyArn } from './policy.ts'
import type { Role } from './role.ts'
import type { IamEditor, IamReader, IamStore } from './store.ts'

type IamTables = {
  iam_accounts: { account_id: string; changes: number }
  iam_roles: { account_id: string; name_key: string; name: string; role: string }
  iam_policies: { account_id: string; name_key: string; arn: string; policy: string }
}

/** IAM on SQLite and PostgreSQL alike. */
export function createIamStore(database: Database): IamStore {
  return {
    account: (accountId) => new SqlIamReader(database.kysely.withTables<IamTables>(), accountId),
    change: (accountId, work) =>
      database.write(async (transaction) => {
        const tables = transaction.withTables<IamTables>()
        await lockAccount(tables, accountId)
        return work(new SqlIamEditor(tables, accountId))
      }),
  }
}

/** Its row is held until the transaction ends: the next one to change the account waits for it. */
async function lockAccount(tables: Kysely<IamTables>, accountId: string): Promise<void> {
  await tables
    .insertInto('iam_accounts')
    .values({ account_id: accountId, changes: 1 })
    .onConflict((conflict) =>
      conflict.column('account_id').doUpdateSet((eb) => ({ changes: eb('iam_accounts.changes', '+', 1) })),
    )
    .execute()
}

class SqlIamReader implements IamReader {
  protected readonly tables: Kysely<IamTables>
  protected readonly accountId: string

  constructor(tables: Kysely<IamTables>, accountId: string) {
    this.tables = tables
    this.accountId = accountId
  }

  async findRole(name: string): Promise<Role | undefined> {
    const row = await this.tables
      .selectFrom('iam_roles')
      .select('role')
      .where('account_id', '=', this.accountId)
      .where('name_key', '=', name.toLowerCase())
      .where('name', '=', name)
      .executeTakeFirst()
    return row === undefined ? undefined : JSON.parse(row.role)
  }

  async listRoles(): Promise<Role[]> {
    const query = this.tables.selectFrom('iam_roles').select('role')
    const rows = await query.where('account_id', '=', this.accountId).execute()
    return rows.map(({ role }) => JSON.parse(role))
  }

  async findPolicy(arn: string): Promise<ManagedPolicy | undefined> {
    const row = await this.tables
      .selectFrom('iam_policies')
      .select('policy')
      .where('arn', '=', arn)
      .where('account_id', '=', this.accountId)
      .executeTakeFirst()
    return row === undefined ? undefined : JSON.parse(row.policy)
  }

  async listPolicies(): Promise<ManagedPolicy[]> {
    const query = this.tables.selectFrom('iam_policies').select('policy')
    const rows = await query.where('account_id', '=', this.accountId).execute()
    return rows.map(({ policy }) => JSON.parse(policy))
  }
}

class SqlIamEditor extends SqlIamReader implements IamEditor {
  async isRoleNameTaken(name: string): Promise<boolean> {
    const query = this.tables
      .selectFrom('iam_roles')
      .select('name_key')
      .where('account_id', '=', this.accountId)
    return (await query.where('name_key', '=', name.toLowerCase()).executeTakeFirst()) !== undefined
  }

  async isPolicyNameTaken(name: string): Promise<boolean> {
    const query = this.tables
      .selectFrom('iam_policies')
      .select('name_key')
      .where('account_id', '=', this.accountId)
    return (await query.where('name_key', '=', name.toLowerCase()).executeTakeFirst()) !== undefined
  }

  async saveRole(role: Role): Promise<void> {
    const text = JSON.stringify(role)
    await this.tables
      .insertInto('iam_roles')
      .values({
        account_id: this.accountId,
        name_key: role.name.toLowerCase(),
        name: role.name,
        role: text,
      })
      .onConflict((conflict) =>
        conflict.columns(['account_id', 'name_key']).doUpdateSet({ role: text, name: role.name }),
      )
      .execute()
  }

  async deleteRole(name: string): Promise<void> {
    const query = this.tables.deleteFrom('iam_roles').where('account_id', '=', this.accountId)
    await query.where('name_key', '=', name.toLowerCase()).execute()
  }

  async savePolicy(policy: ManagedPolicy): Promise<void> {
    const text = JSON.stringify(policy)
    const arn = policyArn(policy)
    await this.tables
      .insertInto('iam_policies')
      .values({ account_id: this.accountId, name_key: policy.name.toLowerCase(), arn, policy: text })
      .onConflict((conflict) =>
        conflict.columns(['account_id', 'name_key']).doUpdateSet({ policy: text, arn }),
      )
      .execute()
  }

  async deletePolicy(arn: string): Promise<void> {
    const query = this.tables.deleteFrom('iam_policies').where('arn', '=', arn)
    await query.where('account_id', '=', this.accountId).execute()
  }
}
