import { parseArn } from '../../aws/arn.ts'
import { statementsIn } from '../../aws/policy/evaluate.ts'
import { isAllowedToSend } from '../../aws/policy/resource-policy.ts'
import { DeliveryError, type Sender } from '../../aws/ports/delivery.ts'
import type { LogsPort } from '../../aws/ports/logs.ts'
import { LOG_MESSAGE_BYTES_MAX, type LogEvent } from '../../wire/log-event.ts'
import { packBlocks } from './block.ts'
import type { LogsDeps } from './deps.ts'
import { type GroupKey, groupArn } from './group.ts'

/** CloudWatch Logs as other services write to it: as somebody whom a resource policy of the account has to let in. */
export function createLogsPort(deps: LogsDeps): LogsPort {
  const { store, clock, liveTails, subscriptions } = deps
  return {
    put: async (arn, stream, events, sender, options) => {
      const key = groupKeyOf(arn)
      refuseUnfit(events)
      const isMaker = options?.makesGroup === true && isOwnRole(sender, key)
      const isThere = (await store.findGroup(key)) !== undefined || (isMaker && (await makeGroup(deps, key)))
      if (!isThere)
        throw new DeliveryError(
          'NotFound',
          'ResourceNotFoundException',
          'The specified log group does not exist.',
        )
      if (!(await mayWrite(deps, key, stream, sender)))
        throw new DeliveryError(
          'AccessDenied',
          'AccessDeniedException',
          `${sender.principal} is not authorized to perform: logs:PutLogEvents on resource: ${arn}`,
        )
      const blocks = packBlocks(events)
      const announce = await subscriptions.announcementOf(key, stream, blocks)
      const now = clock.now()
      await store.append([{ group: key, stream, blocks, announce }], now)
      liveTails.publish({ ...key, group: key.name, stream }, events, now)
    },
  }
}

function refuseUnfit(events: readonly LogEvent[]): void {
  for (const { message } of events) {
    const bytes = Buffer.byteLength(message)
    if (bytes === 0 || bytes > LOG_MESSAGE_BYTES_MAX)
      throw new DeliveryError(
        'Invalid',
        'InvalidParameterException',
        `A log event has 1 to ${LOG_MESSAGE_BYTES_MAX} bytes, not ${bytes}.`,
      )
  }
}

function isOwnRole({ roleArn, accountId }: Sender, key: GroupKey): boolean {
  return roleArn !== undefined && accountId === key.accountId
}

/** Another node may have made it meanwhile. */
async function makeGroup({ store, clock }: LogsDeps, key: GroupKey): Promise<true> {
  const createdAt = clock.now()
  const settings = { retentionDays: undefined, isDeletionProtected: false, tags: {} }
  await store.createGroup({ ...key, createdAt, ...settings })
  return true
}

/** Who acts as a role of the group's account is let in by the role's policies, which are not looked at. */
async function mayWrite(
  { store }: LogsDeps,
  key: GroupKey,
  stream: string,
  sender: Sender,
): Promise<boolean> {
  if (isOwnRole(sender, key)) return true
  const policies = await store.resourcePolicies(key)
  const statements = policies.flatMap(({ document }) => statementsIn(document))
  const resource = `${groupArn(key)}:log-stream:${stream}`
  return ['logs:CreateLogStream', 'logs:PutLogEvents'].every((action) =>
    isAllowedToSend(statements, action, resource, sender),
  )
}

function groupKeyOf(text: string): GroupKey {
  const { service, accountId = '', region = '', resource = '' } = parseArn(text) ?? {}
  const name = resource.match(/^log-group:([^:*]+)(:\*)?$/)?.[1]
  if (service !== 'logs' || name === undefined)
    throw new DeliveryError('Invalid', 'InvalidParameterException', `${text} names no log group`)
  return { accountId, region, name }
}
