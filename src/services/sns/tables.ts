import type { Generated } from 'kysely'

export type SnsTables = {
  sns_topics: { account_id: string; region: string; name: string; topic: string }
  sns_subscriptions: {
    arn: string
    topic_arn: string
    owner: string
    region: string
    protocol: string
    endpoint: string
    subscription: string
  }
  sns_sequences: { topic_arn: string; last: number }
  sns_deduplication: {
    topic_arn: string
    key: string
    message_id: string
    sequence: number
    expires_at: number
  }
  sns_departed: { arn: string; topic_arn: string; expires_at: number; departed: string }
  sns_mail: { id: Generated<number>; account_id: string; region: string; key: string; mail: string }
  sns_accounts: { account_id: string; region: string; settings: string }
  sns_applications: { arn: string; account_id: string; region: string; application: string }
  sns_endpoints: { arn: string; application_arn: string; token: string; endpoint: string }
}
