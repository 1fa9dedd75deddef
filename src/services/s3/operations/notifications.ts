import { AwsError } from '../../../aws/error.ts'
import type { Call } from '../../../aws/operation.ts'
import { DeliveryError, type DeliveryFault } from '../../../aws/ports/delivery.ts'
import type { Bucket } from '../bucket.ts'
import { senderOf } from '../deliver.ts'
import type { S3Deps, S3Input, S3Operation } from '../deps.ts'
import { invalidArgument, noSuchBucket } from '../errors.ts'
import { findBucket } from '../find.ts'
import { isEvent, type Notification, overlap } from '../notification.ts'

const TARGETS_MAX = 100

export const putBucketNotificationConfiguration: S3Operation<'PutBucketNotificationConfiguration'> = async (
  deps,
  input,
  call,
) => {
  const bucket = await findBucket(deps.store, input, call)
  const targets = readTargets(deps, input)
  refuseOverlaps(targets)
  if (input.SkipDestinationValidation !== true) {
    await refuseUnreachable(deps, bucket, targets, call)
  }
  const eventBridge = input.NotificationConfiguration?.EventBridgeConfiguration !== undefined
  await deps.store.change(async (editor) => {
    const now = await editor.bucket(bucket.name)
    if (now === undefined) throw noSuchBucket(bucket.name)
    await editor.saveBucket({ ...now, notifications: { targets, eventBridge } })
  })
  return {}
}

interface Configuration {
  readonly Id?: string | undefined
  readonly Events?: readonly string[] | undefined
  readonly Filter?:
    | {
        readonly Key?:
          | {
              readonly FilterRules?:
                | readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[]
                | undefined
            }
          | undefined
      }
    | undefined
}

function readTargets(
  { random }: S3Deps,
  { NotificationConfiguration: given = {} }: S3Input<'PutBucketNotificationConfiguration'>,
): Notification[] {
  const read = (kind: Notification['kind'], arn: string | undefined, configuration: Configuration) => ({
    id: configuration.Id ?? random.uuid(),
    kind,
    arn: readArn(kind, arn),
    events: readEvents(configuration.Events),
    ...readFilter(configuration),
  })
  const targets = [
    ...(given.LambdaFunctionConfigurations ?? []).map((one) => read('lambda', one.LambdaFunctionArn, one)),
    ...(given.QueueConfigurations ?? []).map((one) => read('sqs', one.QueueArn, one)),
    ...(given.TopicConfigurations ?? []).map((one) => read('sns', one.TopicArn, one)),
  ]
  if (targets.length > TARGETS_MAX)
    throw invalidArgument(`No more than ${TARGETS_MAX} configurations are allowed`)
  return targets
}

const ARN_ARGUMENTS = { lambda: 'CloudFunction', sqs: 'Queue', sns: 'Topic' }

function readArn(kind: Notification['kind'], arn = ''): string {
  if (!arn.startsWith(`arn:aws:${kind}:`)) {
    throw invalidArgument('The ARN could not be parsed', ARN_ARGUMENTS[kind], arn)
  }
  if (kind !== 'lambda' && arn.endsWith('.fifo')) {
    throw invalidArgument('FIFO queues and topics are not supported as destinations of notifications')
  }
  return arn
}

function readEvents(events: readonly string[] = []): readonly string[] {
  if (events.length === 0) throw invalidArgument('A configuration must name events')
  const unknown = events.find((name) => !isEvent(name))
  if (unknown !== undefined)
    throw invalidArgument(`The event '${unknown}' is not supported for notifications`)
  return events
}

function readFilter({ Filter }: Configuration): { prefix: string; suffix: string } {
  const filter = { prefix: '', suffix: '' }
  const seen = new Set<string>()
  for (const { Name = '', Value = '' } of Filter?.Key?.FilterRules ?? []) {
    const name = Name.toLowerCase()
    if (name !== 'prefix' && name !== 'suffix') {
      throw invalidArgument('filter rule name must be either prefix or suffix', 'FilterRule.Name', Name)
    }
    if (seen.has(name)) throw invalidArgument(`Cannot specify more than one ${name} rule in a filter.`)
    seen.add(name)
    filter[name] = Value
  }
  return filter
}

function refuseOverlaps(targets: readonly Notification[]): void {
  for (const [index, one] of targets.entries()) {
    for (const other of targets.slice(index + 1)) {
      if (one.id === other.id) throw invalidArgument('Same ID used for multiple configurations.')
      if (!overlap(one, other)) continue
      throw invalidArgument(
        'Configurations overlap. Configurations on the same bucket cannot share a common event type.',
      )
    }
  }
}

/** All that cannot be reached are named in one error. @throws InvalidArgument */
async function refuseUnreachable(
  deps: S3Deps,
  bucket: Bucket,
  targets: readonly Notification[],
  call: Pick<Call, 'requestId'>,
): Promise<void> {
  const members: Record<string, string> = {}
  let count = 0
  for (const target of targets) {
    const fault = await tryTarget(deps, bucket, target, call)
    if (fault === undefined) continue
    count++
    members[`ArgumentName${count}`] = target.kind === 'lambda' ? `${target.arn}, null` : target.arn
    members[`ArgumentValue${count}`] = reasonOf(target, fault)
  }
  if (count === 0) return
  const message = 'Unable to validate the following destination configurations'
  throw new AwsError('InvalidArgument', message, { status: 400, members })
}

function reasonOf({ kind, arn }: Notification, fault: DeliveryFault): string {
  if (kind === 'lambda') return `Not authorized to invoke function [${arn}]`
  const target = kind === 'sqs' ? 'destination queue' : 'destination topic'
  if (fault === 'NotFound') return `The ${target} does not exist`
  return `Permissions on the ${target} do not allow S3 to publish notifications from this bucket`
}

/** Queues and topics are sent a test event; of functions the policy is asked. */
async function tryTarget(
  { switchboard, clock }: S3Deps,
  { name, accountId }: Bucket,
  { kind, arn }: Notification,
  { requestId }: Pick<Call, 'requestId'>,
): Promise<DeliveryFault | undefined> {
  const sender = senderOf(name, accountId)
  const body = JSON.stringify({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: new Date(clock.now()).toISOString(),
    Bucket: name,
    RequestId: requestId,
    HostId: requestId,
  })
  try {
    if (kind === 'sqs') await switchboard.sqs.send(arn, { body }, sender)
    if (kind === 'sns') {
      await switchboard.sns.publish(arn, { message: body, subject: 'Amazon S3 Notification' }, sender)
    }
    if (kind !== 'lambda') return undefined
    const answer = await switchboard.lambda.check(arn, sender)
    return answer === 'ok' ? undefined : answer
  } catch (error) {
    if (error instanceof DeliveryError) return error.fault
    throw error
  }
}

export const getBucketNotificationConfiguration: S3Operation<'GetBucketNotificationConfiguration'> = async (
  { store },
  input,
  call,
) => {
  const { notifications } = await findBucket(store, input, call)
  const { targets = [], eventBridge = false } = notifications ?? {}
  const of = (kind: Notification['kind']) => targets.filter((target) => target.kind === kind)
  const [functions, queues, topics] = [of('lambda'), of('sqs'), of('sns')]
  return {
    ...(functions.length > 0 && {
      LambdaFunctionConfigurations: functions.map((one) => ({ ...shown(one), LambdaFunctionArn: one.arn })),
    }),
    ...(queues.length > 0 && {
      QueueConfigurations: queues.map((one) => ({ ...shown(one), QueueArn: one.arn })),
    }),
    ...(topics.length > 0 && {
      TopicConfigurations: topics.map((one) => ({ ...shown(one), TopicArn: one.arn })),
    }),
    ...(eventBridge && { EventBridgeConfiguration: {} }),
  }
}

function shown({ id, events, prefix, suffix }: Notification) {
  const FilterRules = [
    ...(prefix === '' ? [] : [{ Name: 'Prefix' as 'prefix', Value: prefix }]),
    ...(suffix === '' ? [] : [{ Name: 'Suffix' as 'suffix', Value: suffix }]),
  ]
  return {
    Id: id,
    Events: [...events] as 's3:ObjectCreated:*'[],
    ...(FilterRules.length > 0 && { Filter: { Key: { FilterRules } } }),
  }
}
