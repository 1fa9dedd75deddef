import { parseArn } from '../../aws/arn.ts'
import { parseSchedule } from '../../aws/schedule/schedule.ts'
import { ScheduleError } from '../../aws/schedule/schedule-error.ts'
import { isTimeZone } from '../../aws/schedule/time-zone.ts'
import type { Input } from '../../aws/sdk-types.ts'
import { canSendTo } from './delivery/send.ts'
import { invalidExpression, unsupported, validationError } from './errors.ts'

type Settings = Input<typeof import('@aws-sdk/client-scheduler'), 'UpdateSchedule'>

/** Refuses settings that cannot be, or are not carried out. */
export function checkSettings(input: Settings): void {
  if (input.KmsKeyArn) throw unsupported('Encryption with a KMS key (KmsKeyArn)')
  checkTimes(input)
  checkWindow(input.FlexibleTimeWindow)
  checkTarget(input.Target)
}

function checkTimes({
  ScheduleExpression = '',
  ScheduleExpressionTimezone,
  StartDate,
  EndDate,
}: Settings): void {
  try {
    parseSchedule(ScheduleExpression, 'scheduler')
  } catch (error) {
    throw error instanceof ScheduleError ? invalidExpression(ScheduleExpression) : error
  }
  if (ScheduleExpressionTimezone !== undefined && !isTimeZone(ScheduleExpressionTimezone)) {
    throw validationError(`Invalid Schedule Expression Timezone ${ScheduleExpressionTimezone}.`)
  }
  if (StartDate !== undefined && EndDate !== undefined && StartDate >= EndDate) {
    throw validationError('The EndDate you specify must come after the StartDate.')
  }
}

function checkWindow(window: Settings['FlexibleTimeWindow']): void {
  const minutes = window?.MaximumWindowInMinutes
  if (window?.Mode === 'FLEXIBLE' && minutes === undefined) {
    throw validationError('MaximumWindowInMinutes must be specified where the mode is FLEXIBLE.')
  }
  if (window?.Mode === 'OFF' && minutes !== undefined) {
    throw validationError('MaximumWindowInMinutes must not be specified where the mode is OFF.')
  }
}

const UNSUPPORTED = ['EcsParameters', 'KinesisParameters', 'SageMakerPipelineParameters'] as const

function checkTarget(target: Settings['Target']): void {
  const { Arn = '', RoleArn = '', SqsParameters, EventBridgeParameters } = target ?? {}
  if (parseArn(Arn) === undefined) throw validationError(`Invalid target ARN ${Arn}.`)
  if (parseArn(RoleArn)?.service !== 'iam') throw validationError(`Invalid RoleArn ${RoleArn}.`)
  if (!canSendTo(Arn)) throw unsupported(`The target ${Arn}`)
  for (const name of UNSUPPORTED) if (target?.[name] !== undefined) throw unsupported(`The parameter ${name}`)
  const isFifo = Arn.endsWith('.fifo') && Arn.includes(':sqs:')
  if (isFifo && SqsParameters?.MessageGroupId === undefined) {
    throw validationError('MessageGroupId is required for a FIFO queue.')
  }
  if (Arn.includes(':event-bus/') && EventBridgeParameters === undefined) {
    throw validationError('EventBridgeParameters are required for an event bus.')
  }
}
