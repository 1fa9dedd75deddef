import type { Kysely, Transaction } from 'kysely'
import { applicationArn, endpointArn } from './platform.ts'
import type { PlatformEditor, PlatformReader } from './store.ts'
import type { SnsTables } from './tables.ts'

export function platformReader(read: Kysely<SnsTables>): PlatformReader {
  const endpoints = () => read.selectFrom('sns_endpoints').select('endpoint')
  return {
    findApplication: async (arn) => {
      const row = await read
        .selectFrom('sns_applications')
        .select('application')
        .where('arn', '=', arn)
        .executeTakeFirst()
      return row && JSON.parse(row.application)
    },
    listApplications: async ({ accountId, region }, { after = '', limit }) => {
      const rows = await read
        .selectFrom('sns_applications')
        .select('application')
        .where('account_id', '=', accountId)
        .where('region', '=', region)
        .where('arn', '>', after)
        .orderBy('arn')
        .limit(limit)
        .execute()
      return rows.map(({ application }) => JSON.parse(application))
    },
    findEndpoint: async (arn) => {
      const row = await endpoints().where('arn', '=', arn).executeTakeFirst()
      return row && JSON.parse(row.endpoint)
    },
    findEndpointByToken: async (application, token) => {
      const row = await endpoints()
        .where('application_arn', '=', application)
        .where('token', '=', token)
        .executeTakeFirst()
      return row && JSON.parse(row.endpoint)
    },
    listEndpoints: async (application, { after = '', limit }) => {
      const rows = await endpoints()
        .where('application_arn', '=', application)
        .where('arn', '>', after)
        .orderBy('arn')
        .limit(limit)
        .execute()
      return rows.map(({ endpoint }) => JSON.parse(endpoint))
    },
  }
}

export function platformEditor(tables: Transaction<SnsTables>): PlatformEditor {
  return {
    saveApplication: async (application) => {
      const { accountId, region } = application
      const changed = { application: JSON.stringify(application) }
      await tables
        .insertInto('sns_applications')
        .values({ arn: applicationArn(application), account_id: accountId, region, ...changed })
        .onConflict((conflict) => conflict.column('arn').doUpdateSet(changed))
        .execute()
    },
    removeApplication: async (arn) => {
      await tables.deleteFrom('sns_endpoints').where('application_arn', '=', arn).execute()
      await tables.deleteFrom('sns_applications').where('arn', '=', arn).execute()
    },
    saveEndpoint: async (endpoint) => {
      const { application, token } = endpoint
      const changed = { token, endpoint: JSON.stringify(endpoint) }
      await tables
        .insertInto('sns_endpoints')
        .values({ arn: endpointArn(endpoint), application_arn: applicationArn(application), ...changed })
        .onConflict((conflict) => conflict.column('arn').doUpdateSet(changed))
        .execute()
    },
    removeEndpoint: async (arn) => {
      await tables.deleteFrom('sns_endpoints').where('arn', '=', arn).execute()
    },
  }
}
