import type { SqsDeps } from './deps.ts'
import { invalidValue } from './errors.ts'
import { redriveAllowPolicyOf } from './queue.ts'
import type { Attributes } from './queue-attributes.ts'

/** Refuses a dead-letter queue that is not there, is of another type, or does not want this queue's messages. */
export async function checkLinks(
  { directory }: Pick<SqsDeps, 'directory'>,
  sourceArn: string,
  isFifo: boolean,
  { RedrivePolicy }: Attributes,
): Promise<void> {
  if (!RedrivePolicy) return
  const refused = (reason: string) => invalidValue(RedrivePolicy, 'RedrivePolicy', reason)
  const target = await directory.findByArn(String(JSON.parse(RedrivePolicy).deadLetterTargetArn))
  if (target === undefined) throw refused('Dead letter target does not exist.')
  if (target.isFifo !== isFifo) throw refused('Dead-letter queue must be same type of queue as the source.')
  const { redrivePermission, sourceQueueArns } = redriveAllowPolicyOf(target)
  const isAllowed =
    redrivePermission === 'allowAll' ||
    (redrivePermission === 'byQueue' && sourceQueueArns.includes(sourceArn))
  if (!isAllowed)
    throw refused(`The dead-letter queue's RedriveAllowPolicy does not allow ${sourceArn} as a source.`)
}
