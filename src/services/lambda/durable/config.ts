import { invalidParameter, notSupported } from '../errors.ts'
import type { Configuration } from '../function.ts'
import type { LambdaInput } from '../types.ts'

type Wanted = LambdaInput<'CreateFunction'>['DurableConfig']
type Durable = NonNullable<Configuration['durable']>

/** Lambda Developer Guide, "Configure Lambda durable functions". */
const DEFAULT_RETENTION_DAYS = 14

/** Of a new function. Without a configuration it is an ordinary one for good. */
export function newDurable({
  DurableConfig: wanted,
  TenancyConfig,
}: Pick<LambdaInput<'CreateFunction'>, 'DurableConfig' | 'TenancyConfig'>): Durable | undefined {
  if (wanted === undefined) return undefined
  refuseKey(wanted)
  if (TenancyConfig !== undefined) throw notSupported('DurableConfig together with TenancyConfig')
  if (wanted.ExecutionTimeout === undefined) throw timeoutNeeded()
  return {
    timeoutSeconds: wanted.ExecutionTimeout,
    retentionDays: wanted.RetentionPeriodInDays ?? DEFAULT_RETENTION_DAYS,
  }
}

/** Executions that run keep what they began with. */
export function changedDurable(current: Durable | undefined, wanted: Wanted): Durable | undefined {
  if (wanted === undefined) return current
  refuseKey(wanted)
  if (current === undefined) throw onlyWhenCreated()
  return {
    timeoutSeconds: wanted.ExecutionTimeout ?? current.timeoutSeconds,
    retentionDays: wanted.RetentionPeriodInDays ?? current.retentionDays,
  }
}

export function showDurable({ timeoutSeconds, retentionDays }: Durable) {
  return { ExecutionTimeout: timeoutSeconds, RetentionPeriodInDays: retentionDays }
}

function refuseKey({ KMSKeyArn }: NonNullable<Wanted>): void {
  if (KMSKeyArn) throw notSupported('DurableConfig.KMSKeyArn')
}

function timeoutNeeded() {
  return invalidParameter(
    'You cannot create a function with a durable configuration without an executionTimeout',
  )
}

/** AWS's text for this has not been recorded. */
function onlyWhenCreated() {
  return invalidParameter('DurableConfig can only be enabled when the function is created.')
}
