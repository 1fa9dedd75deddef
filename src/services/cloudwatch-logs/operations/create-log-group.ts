import type { LogsOperation } from '../deps.ts'
import { groupAlreadyExists, invalidParameter, unsupported } from '../errors.ts'
import { checkTags } from '../tags.ts'

export const createLogGroup: LogsOperation<'CreateLogGroup'> = async ({ store, clock }, input, call) => {
  const name = input.logGroupName ?? ''
  // Text as AWS gave it to a public bug report.
  if (/^aws\//i.test(name)) throw invalidParameter('Log groups starting with AWS/ are reserved for AWS.')
  if (input.kmsKeyId !== undefined) throw unsupported('Encryption with a KMS key (kmsKeyId)')
  const logGroupClass = input.logGroupClass ?? 'STANDARD'
  if (logGroupClass !== 'STANDARD') throw unsupported(`The log group class ${logGroupClass}`)
  checkTags(input.tags ?? {})

  const isNew = await store.createGroup({
    accountId: call.accountId,
    region: call.region,
    name,
    createdAt: clock.now(),
    retentionDays: undefined,
    isDeletionProtected: input.deletionProtectionEnabled ?? false,
    tags: input.tags ?? {},
  })
  if (!isNew) throw groupAlreadyExists()
  return {}
}
