import { parseArn } from '../../../aws/arn.ts'
import { DeliveryError } from '../../../aws/ports/delivery.ts'
import type { QueueFacts } from '../../../aws/ports/sqs.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter, notSupported } from '../errors.ts'
import type { Scope } from '../function.ts'
import type { LambdaInput } from '../types.ts'
import type { SourceKind } from './mapping.ts'
import { FIFO_QUEUE, type SourceLimits, STANDARD_QUEUE, unsupportedFor } from './settings.ts'

type Given = LambdaInput<'CreateEventSourceMapping'>

/** Sources that AWS has, by the service in their ARN, and that no poller of lambdad reads yet. */
const LATER: Readonly<Record<string, string>> = {
  kinesis: 'Amazon Kinesis as an event source',
  dynamodb: 'Amazon DynamoDB Streams as an event source',
  kafka: 'Amazon MSK as an event source',
  mq: 'Amazon MQ as an event source',
  rds: 'Amazon DocumentDB as an event source',
}

/** The source that a mapping is to read; refuses those that it cannot. */
export function readSource(input: Given): { readonly kind: SourceKind; readonly arn: string } {
  if (input.SelfManagedEventSource !== undefined)
    throw notSupported('Self-managed Apache Kafka as an event source')
  const arn = input.EventSourceArn
  const service = arn === undefined ? undefined : parseArn(arn)?.service
  if (arn === undefined || service === undefined) throw unrecognised()
  const later = LATER[service]
  if (later !== undefined) throw notSupported(later)
  if (service !== 'sqs') throw unrecognised()
  if (input.StartingPosition !== undefined || input.StartingPositionTimestamp !== undefined)
    throw invalidParameter(`Unsupported starting position for arn type: ${arn}`)
  for (const name of ['Topics', 'Queues'] as const) if (input[name]?.length) throw unsupportedFor(name)
  return { kind: 'sqs', arn }
}

/** What the queue allows. Refuses one that is not there, or that would give messages out again too soon. */
export async function checkQueue(
  { switchboard }: Pick<LambdaDeps, 'switchboard'>,
  arn: string,
  scope: Scope,
  functionTimeoutSeconds: number,
): Promise<SourceLimits> {
  if (parseArn(arn)?.region !== scope.region)
    throw invalidParameter(`The queue ${arn} is not in the region of the function, ${scope.region}.`)
  const queue = await describe(switchboard, arn)
  if (queue === undefined)
    throw cannotReceive('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.')
  if (queue.visibilityTimeoutSeconds < functionTimeoutSeconds)
    throw invalidParameter(
      `Queue visibility timeout: ${queue.visibilityTimeoutSeconds} seconds ` +
        `is less than Function timeout: ${functionTimeoutSeconds} seconds`,
    )
  return queue.isFifo ? FIFO_QUEUE : STANDARD_QUEUE
}

async function describe(
  switchboard: LambdaDeps['switchboard'],
  arn: string,
): Promise<QueueFacts | undefined> {
  try {
    return await switchboard.sqs.describe(arn)
  } catch (error) {
    if (error instanceof DeliveryError) throw cannotReceive(error.code, error.message)
    throw error
  }
}

function cannotReceive(code: string, message: string) {
  return invalidParameter(
    `Error occurred while ReceiveMessage. SQS Error Code: ${code}. SQS Error Message: ${message}`,
  )
}

function unrecognised() {
  return invalidParameter('Unrecognized event source.')
}
