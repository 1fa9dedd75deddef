import type { Kysely, Transaction } from 'kysely'
import { MAIL_MAX, type Mail } from './mail.ts'
import type { Scope } from './scope.ts'
import { NO_SETTINGS } from './sms.ts'
import type { SnsEditor, SnsReader } from './store.ts'
import { subscriptionArn } from './subscription.ts'
import type { SnsTables } from './tables.ts'
import { topicArn } from './topic.ts'

type Read = Kysely<SnsTables>

export function mailReader(read: Read): Pick<SnsReader, 'findDeparted' | 'accountSettings' | 'listMail'> {
  return {
    findDeparted: async (place) => {
      const row = await read
        .selectFrom('sns_departed')
        .select('departed')
        .where('arn', '=', subscriptionArn(place))
        .executeTakeFirst()
      return row && JSON.parse(row.departed)
    },
    accountSettings: async ({ accountId, region }) => {
      const row = await read
        .selectFrom('sns_accounts')
        .select('settings')
        .where('account_id', '=', accountId)
        .where('region', '=', region)
        .executeTakeFirst()
      return row === undefined ? NO_SETTINGS : JSON.parse(row.settings)
    },
    listMail: async (scope, to) => {
      const rows = await mailOf(read, scope).select('mail').orderBy('id', 'desc').execute()
      const all: Mail[] = rows.map(({ mail }) => JSON.parse(mail))
      return to === undefined ? all : all.filter((one) => one.to === to)
    },
  }
}

function mailOf(read: Read, { accountId, region }: Scope) {
  return read.selectFrom('sns_mail').where('account_id', '=', accountId).where('region', '=', region)
}

type OfDeparted = 'keepDeparted' | 'removeDeparted' | 'forgetDeparted'

export function departedEditor(tables: Transaction<SnsTables>): Pick<SnsEditor, OfDeparted> {
  return {
    keepDeparted: async (departed) => {
      const { subscription, expiresAt } = departed
      const changed = { expires_at: expiresAt, departed: JSON.stringify(departed) }
      await tables
        .insertInto('sns_departed')
        .values({
          arn: subscriptionArn(subscription),
          topic_arn: topicArn(subscription.topic),
          ...changed,
        })
        .onConflict((conflict) => conflict.column('arn').doUpdateSet(changed))
        .execute()
    },
    removeDeparted: async (place) => {
      await tables.deleteFrom('sns_departed').where('arn', '=', subscriptionArn(place)).execute()
    },
    forgetDeparted: async (now) => {
      await tables.deleteFrom('sns_departed').where('expires_at', '<=', now).execute()
    },
  }
}

type OfMail = 'saveAccountSettings' | 'keepMail' | 'clearMail'

export function mailEditor(tables: Transaction<SnsTables>): Pick<SnsEditor, OfMail> {
  const ofScope = ({ accountId, region }: Scope) =>
    tables.deleteFrom('sns_mail').where('account_id', '=', accountId).where('region', '=', region)
  return {
    saveAccountSettings: async ({ accountId, region }, settings) => {
      const changed = { settings: JSON.stringify(settings) }
      await tables
        .insertInto('sns_accounts')
        .values({ account_id: accountId, region, ...changed })
        .onConflict((conflict) => conflict.columns(['account_id', 'region']).doUpdateSet(changed))
        .execute()
    },
    keepMail: async (scope, mail) => {
      const { accountId, region } = scope
      const key = `${mail.messageId}/${mail.to}`
      await tables
        .insertInto('sns_mail')
        .values({ account_id: accountId, region, key, mail: JSON.stringify(mail) })
        .onConflict((conflict) => conflict.columns(['account_id', 'region', 'key']).doNothing())
        .execute()
      const tooOld = await mailOf(tables, scope)
        .select('id')
        .orderBy('id', 'desc')
        .offset(MAIL_MAX)
        .limit(1)
        .executeTakeFirst()
      if (tooOld !== undefined) await ofScope(scope).where('id', '<=', tooOld.id).execute()
    },
    clearMail: async (scope) => {
      await ofScope(scope).execute()
    },
  }
}
