import type { Kysely } from 'kysely'
import type { DialectFacts } from '../database.ts'
import { createStore } from './0001-store.ts'
import { lambda } from './0002-lambda.ts'
import { logs } from './0003-logs.ts'
import { iam } from './0004-iam.ts'
import { provisioned } from './0005-provisioned.ts'
import { outbox } from './0006-outbox.ts'
import { sqs } from './0007-sqs.ts'
import { durable } from './0008-durable.ts'
import { lambdaLayers } from './0009-lambda-layers.ts'
import { lambdaMappings } from './0010-lambda-mappings.ts'
import { asynchronous } from './0011-async.ts'
import { sqsCounts } from './0012-sqs-counts.ts'
import { lambdaConfigs } from './0013-lambda-configs.ts'
import { eventbridge } from './0014-eventbridge.ts'
import { lambdaCapacity } from './0015-lambda-capacity.ts'
import { scheduler } from './0016-scheduler.ts'
import { sns } from './0017-sns.ts'
import { snsFifo } from './0018-sns-fifo.ts'
import { s3 } from './0019-objects.ts'
import { pipes } from './0020-pipes.ts'
import { logSubscriptions } from './0021-log-subscriptions.ts'
import { snsMail } from './0022-sns-mail.ts'
import { s3Lifecycle } from './0023-object-lifecycle.ts'
import { snsPlatforms } from './0024-sns-platforms.ts'

/** What a migration may ask of the database beside its tables. */
// biome-ignore lint/suspicious/noExplicitAny: a migration sees the tables as they were, which no type describes
export type MigrationStep = (kysely: Kysely<any>, facts: DialectFacts) => Promise<void>

/** In their order; a migration that was released is never changed. */
export const STEPS: Readonly<Record<string, MigrationStep>> = {
  '0001-store': createStore,
  '0002-lambda': lambda,
  '0003-logs': logs,
  '0004-iam': iam,
  '0005-provisioned': provisioned,
  '0006-outbox': outbox,
  '0007-sqs': sqs,
  '0008-durable': durable,
  '0009-lambda-layers': lambdaLayers,
  '0010-lambda-mappings': lambdaMappings,
  '0011-async': asynchronous,
  '0012-sqs-counts': sqsCounts,
  '0013-lambda-configs': lambdaConfigs,
  '0014-eventbridge': eventbridge,
  '0015-lambda-capacity': lambdaCapacity,
  '0016-scheduler': scheduler,
  '0017-sns': sns,
  '0018-sns-fifo': snsFifo,
  '0019-objects': s3,
  '0020-pipes': pipes,
  '0021-log-subscriptions': logSubscriptions,
  '0022-sns-mail': snsMail,
  '0023-object-lifecycle': s3Lifecycle,
  '0024-sns-platforms': snsPlatforms,
}

export { type MigrateOptions, migrate } from './migrate.ts'
