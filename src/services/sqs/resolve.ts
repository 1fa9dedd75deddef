import type { Call } from '../../aws/operation.ts'
import { mayAccess } from '../../aws/policy/resource-policy.ts'
import type { SqsDeps } from './deps.ts'
import { accessDenied, queueDoesNotExist } from './errors.ts'
import type { Queue } from './queue.ts'
import { queueOfUrl } from './queue-url.ts'

/**
 * The queue of a URL. That of another account must let the caller in by its policy; `undefined` for operations
 * that no policy can permit (AWS SQS Developer Guide, "Limitations of Amazon SQS custom policies").
 */
export async function findQueue(
  { directory }: Pick<SqsDeps, 'directory'>,
  url: string | undefined,
  call: Call,
  action: string | undefined,
): Promise<Queue> {
  const key = queueOfUrl(url ?? '', call)
  const queue = await directory.find(key)
  if (queue === undefined) throw queueDoesNotExist()
  if (key.accountId === call.accountId) return queue
  const caller = { accountId: call.accountId, principalArn: call.principalArn }
  if (action === undefined || !mayAccess(queue.attributes.Policy, `sqs:${action}`, queue.arn, caller))
    throw accessDenied(url ?? '')
  return queue
}
