import type { Sender } from '../../../aws/ports/delivery.ts'
import { type GroupKey, groupArn } from '../group.ts'

/** A log group as the policy of a function sees it: with the `:*` that everybody writes into the permission. */
export function senderOf(group: GroupKey): Sender {
  return {
    principal: `logs.${group.region}.amazonaws.com`,
    accountId: group.accountId,
    sourceArn: `${groupArn(group)}:*`,
  }
}
