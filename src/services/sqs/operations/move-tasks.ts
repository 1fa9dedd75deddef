import type { Call, SqsDeps, SqsOperation } from '../deps.ts'
import { invalidParameterValue, invalidValue, resourceNotFound } from '../errors.ts'
import type { Queue } from '../queue.ts'
import type { MoveTask } from '../store.ts'

/** API reference, "StartMessageMoveTask" and "ListMessageMoveTasks". */
const PER_SECOND_MAX = 500
const RESULTS_MAX = 10

export const startMessageMoveTask: SqsOperation<'StartMessageMoveTask'> = async (deps, input, call) => {
  const { DestinationArn: destinationArn, MaxNumberOfMessagesPerSecond: perSecond } = input
  if (perSecond !== undefined && (perSecond < 1 || perSecond > PER_SECOND_MAX))
    throw invalidValue(
      perSecond,
      'MaxNumberOfMessagesPerSecond',
      `Must be between 1 and ${PER_SECOND_MAX}, if provided.`,
    )
  const source = await queueOf(deps, input.SourceArn, call, 'SourceArn')
  await checkIsDeadLetterQueue(deps, source)
  if (destinationArn !== undefined) await checkDestination(deps, source, destinationArn, call)

  const startedAt = deps.clock.now()
  const task = { id: deps.random.uuid(), destinationArn, perSecond, startedAt }
  const started = await deps.store.startMoveTask(source, task)
  if (started === undefined)
    throw invalidParameterValue(
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    )
  deps.moveTasks.run(started)
  return { TaskHandle: handleOf(started) }
}

export const listMessageMoveTasks: SqsOperation<'ListMessageMoveTasks'> = async (deps, input, call) => {
  const { MaxResults: max = 1 } = input
  if (max < 1 || max > RESULTS_MAX)
    throw invalidValue(max, 'MaxResults', `Must be between 1 and ${RESULTS_MAX}, if provided.`)
  const source = await queueOf(deps, input.SourceArn, call, 'SourceArn')
  const tasks = await deps.store.listMoveTasks(source.arn, max)
  return { Results: tasks.map(describe) }
}

export const cancelMessageMoveTask: SqsOperation<'CancelMessageMoveTask'> = async (deps, input, call) => {
  const { id, sourceArn } = readHandle(input.TaskHandle ?? '')
  await queueOf(deps, sourceArn, call, 'SourceArn')
  const task = await deps.store.findMoveTask(id)
  if (task === undefined || task.sourceArn !== sourceArn) throw resourceNotFound('Task does not exist.')
  if (!(await deps.store.changeMoveTask(id, 'RUNNING', 'CANCELLING')))
    throw invalidParameterValue('Only active tasks can be cancelled.')
  deps.moveTasks.run(task)
  return { ApproximateNumberOfMessagesMoved: task.moved }
}

async function queueOf(
  { directory }: SqsDeps,
  arn: string | undefined,
  call: Call,
  parameter: string,
): Promise<Queue> {
  const queue = await directory.findByArn(arn ?? '')
  if (queue === undefined || queue.accountId !== call.accountId)
    throw resourceNotFound(`The resource that you specified for the ${parameter} parameter doesn't exist.`)
  return queue
}

async function checkIsDeadLetterQueue({ store }: SqsDeps, { accountId, region, arn }: Queue): Promise<void> {
  const sources = await store.listQueues({ accountId, region, deadLetterArn: arn, limit: 1 })
  if (sources.length === 0)
    throw invalidParameterValue('Source queue must be configured as a Dead Letter Queue.')
}

async function checkDestination(deps: SqsDeps, source: Queue, arn: string, call: Call): Promise<void> {
  const destination = await queueOf(deps, arn, call, 'DestinationArn')
  if (destination.arn === source.arn)
    throw invalidParameterValue('Source queue arn and destination queue arn cannot be the same.')
  if (destination.isFifo !== source.isFifo)
    throw invalidParameterValue('Source and destination queues must be of the same type.')
}

function handleOf({ id, sourceArn }: MoveTask): string {
  return Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString('base64')
}

function readHandle(handle: string): { readonly id: string; readonly sourceArn: string } {
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, 'base64').toString('utf8'))
    if (typeof taskId === 'string' && typeof sourceArn === 'string') return { id: taskId, sourceArn }
  } catch {
    // Said below.
  }
  throw invalidParameterValue('Value for parameter TaskHandle is invalid.')
}

/** As recorded from AWS: only a task that runs has a handle. */
function describe(task: MoveTask) {
  return {
    ...(task.status === 'RUNNING' && { TaskHandle: handleOf(task) }),
    Status: task.status,
    SourceArn: task.sourceArn,
    ...(task.destinationArn !== undefined && { DestinationArn: task.destinationArn }),
    ...(task.perSecond !== undefined && { MaxNumberOfMessagesPerSecond: task.perSecond }),
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    ...(task.failure !== undefined && { FailureReason: task.failure }),
    StartedTimestamp: task.startedAt,
  }
}
