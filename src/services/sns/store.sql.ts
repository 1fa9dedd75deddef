import type { Kysely, Transaction } from 'kysely'
import type { Database, Tables } from '../../store/database.ts'
import { departedEditor, mailEditor, mailReader } from './mail.sql.ts'
import { platformEditor, platformReader } from './platform.sql.ts'
import type { Page, SnsEditor, SnsReader, SnsStore } from './store.ts'
import { type Subscription, subscriptionArn } from './subscription.ts'
import type { SnsTables } from './tables.ts'
import { type TopicAddress, topicArn } from './topic.ts'

type Read = Kysely<SnsTables>

/** SNS in SQLite or PostgreSQL: topics and subscriptions as documents, since they are read as a whole. */
export function createSnsStore(database: Database): SnsStore {
  return {
    ...readerOf(database.kysely.withTables<SnsTables>()),
    change: (work) =>
      database.write((transaction) => work(editorOf(transaction, transaction.withTables<SnsTables>()))),
  }
}

function readerOf(read: Read): SnsReader {
  return {
    ...platformReader(read),
    ...mailReader(read),
    findTopic: async (address) => {
      const row = await ofTopic(read, address).executeTakeFirst()
      return row && JSON.parse(row.topic)
    },
    listTopics: async ({ accountId, region }, { after = '', limit }) => {
      const rows = await read
        .selectFrom('sns_topics')
        .select('topic')
        .where('account_id', '=', accountId)
        .where('region', '=', region)
        .where('name', '>', after)
        .orderBy('name')
        .limit(limit)
        .execute()
      return rows.map(({ topic }) => JSON.parse(topic))
    },
    findSubscription: async (place) => {
      const row = await subscriptions(read).where('arn', '=', subscriptionArn(place)).executeTakeFirst()
      return row && JSON.parse(row.subscription)
    },
    subscriptionsOf: (topic, page) =>
      paged(subscriptions(read).where('topic_arn', '=', topicArn(topic)), page),
    countSubscriptions: async (topic) => {
      const { count } = await read
        .selectFrom('sns_subscriptions')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('topic_arn', '=', topicArn(topic))
        .executeTakeFirstOrThrow()
      return Number(count)
    },
    listSubscriptions: ({ accountId, region }, page) =>
      paged(subscriptions(read).where('owner', '=', accountId).where('region', '=', region), page),
    findByEndpoint: async (topic, { protocol, endpoint }) => {
      const row = await subscriptions(read)
        .where('topic_arn', '=', topicArn(topic))
        .where('protocol', '=', protocol)
        .where('endpoint', '=', endpoint)
        .executeTakeFirst()
      return row && JSON.parse(row.subscription)
    },
  }
}

function ofTopic(read: Read, { accountId, region, name }: TopicAddress) {
  return read
    .selectFrom('sns_topics')
    .select('topic')
    .where('account_id', '=', accountId)
    .where('region', '=', region)
    .where('name', '=', name)
}

function subscriptions(read: Read) {
  return read.selectFrom('sns_subscriptions').select('subscription')
}

async function paged(
  query: ReturnType<typeof subscriptions>,
  { after = '', limit }: Page,
): Promise<Subscription[]> {
  const rows = await query.where('arn', '>', after).orderBy('arn').limit(limit).execute()
  return rows.map(({ subscription }) => JSON.parse(subscription))
}

const OF_TOPIC = ['sns_subscriptions', 'sns_departed', 'sns_sequences', 'sns_deduplication'] as const

function editorOf(transaction: Transaction<Tables>, tables: Transaction<SnsTables>): SnsEditor {
  return {
    transaction,
    ...readerOf(tables),
    ...platformEditor(tables),
    ...orderOf(tables),
    ...departedEditor(tables),
    ...mailEditor(tables),
    saveTopic: async (topic) => {
      const { accountId, region, name } = topic
      const changed = { topic: JSON.stringify(topic) }
      await tables
        .insertInto('sns_topics')
        .values({ account_id: accountId, region, name, ...changed })
        .onConflict((conflict) => conflict.columns(['account_id', 'region', 'name']).doUpdateSet(changed))
        .execute()
    },
    removeTopic: async (address) => {
      for (const table of OF_TOPIC) {
        await tables.deleteFrom(table).where('topic_arn', '=', topicArn(address)).execute()
      }
      await tables
        .deleteFrom('sns_topics')
        .where('account_id', '=', address.accountId)
        .where('region', '=', address.region)
        .where('name', '=', address.name)
        .execute()
    },
    saveSubscription: async (subscription) => {
      const { topic, owner, protocol, endpoint } = subscription
      const changed = { subscription: JSON.stringify(subscription) }
      const row = { topic_arn: topicArn(topic), owner, region: topic.region, protocol, endpoint }
      await tables
        .insertInto('sns_subscriptions')
        .values({ arn: subscriptionArn(subscription), ...row, ...changed })
        .onConflict((conflict) => conflict.column('arn').doUpdateSet(changed))
        .execute()
    },
    removeSubscription: async (place) => {
      await tables.deleteFrom('sns_subscriptions').where('arn', '=', subscriptionArn(place)).execute()
    },
  }
}

type OfOrder = 'nextSequence' | 'findPublished' | 'keepPublished' | 'forgetPublished'

function orderOf(tables: Transaction<SnsTables>): Pick<SnsEditor, OfOrder> {
  return {
    nextSequence: async (topic) => {
      const { last } = await tables
        .insertInto('sns_sequences')
        .values({ topic_arn: topicArn(topic), last: 1 })
        .onConflict((conflict) =>
          conflict.column('topic_arn').doUpdateSet((eb) => ({ last: eb('sns_sequences.last', '+', 1) })),
        )
        .returning('last')
        .executeTakeFirstOrThrow()
      return Number(last)
    },
    findPublished: async (topic, key) => {
      const row = await tables
        .selectFrom('sns_deduplication')
        .selectAll()
        .where('topic_arn', '=', topicArn(topic))
        .where('key', '=', key)
        .executeTakeFirst()
      return (
        row && {
          key,
          messageId: row.message_id,
          sequence: Number(row.sequence),
          expiresAt: Number(row.expires_at),
        }
      )
    },
    keepPublished: async (topic, { key, messageId, sequence, expiresAt }) => {
      const row = { topic_arn: topicArn(topic), key, message_id: messageId, sequence, expires_at: expiresAt }
      await tables.insertInto('sns_deduplication').values(row).execute()
    },
    forgetPublished: async (topic, now) => {
      await tables
        .deleteFrom('sns_deduplication')
        .where('topic_arn', '=', topicArn(topic))
        .where('expires_at', '<=', now)
        .execute()
    },
  }
}
