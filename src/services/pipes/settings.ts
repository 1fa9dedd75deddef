import { parseArn } from '../../aws/arn.ts'
import { parsePattern } from '../../aws/event-pattern/parse.ts'
import { PatternError, PIPE } from '../../aws/event-pattern/pattern.ts'
import { parseJsonPath } from '../../aws/json-path.ts'
import { unsupported, validationError } from './errors.ts'
import { TARGETS, targetService } from './flow/targets.ts'
import { unknownVariables } from './flow/template.ts'
import { BATCH_SIZE_DEFAULT, type Pipe, type SourceParameters, type TargetParameters } from './pipe.ts'

/** Batches that may be larger than this need a window to fill them in. */
const BATCH_SIZE_WITHOUT_WINDOW = 10

/** Refuses what cannot be, or is not carried out. */
export function checkPipe(pipe: Pipe): void {
  checkSource(pipe)
  checkEnrichment(pipe)
  checkTarget(pipe)
}

/** What operations take and lambdad does not carry out. */
export function checkExtras(input: {
  readonly LogConfiguration?: unknown
  readonly KmsKeyIdentifier?: string | undefined
}): void {
  if (input.LogConfiguration !== undefined) throw unsupported('Logging of a pipe (LogConfiguration)')
  if (input.KmsKeyIdentifier) throw unsupported('Encryption with a KMS key (KmsKeyIdentifier)')
}

const SOURCE_PARAMETERS: ReadonlySet<string> = new Set<keyof SourceParameters>([
  'SqsQueueParameters',
  'FilterCriteria',
])

function checkSource({ source, sourceParameters }: Pipe): void {
  if (parseArn(source)?.service !== 'sqs') throw unsupported(`The source ${source}`)
  refuseOthers(sourceParameters, SOURCE_PARAMETERS)
  const isFifo = source.endsWith('.fifo')
  const { BatchSize = BATCH_SIZE_DEFAULT, MaximumBatchingWindowInSeconds: window = 0 } =
    sourceParameters.SqsQueueParameters ?? {}
  if (isFifo && window > 0) {
    throw validationError('MaximumBatchingWindowInSeconds is not supported for a FIFO queue.')
  }
  if (isFifo && BatchSize > BATCH_SIZE_WITHOUT_WINDOW) {
    throw validationError('BatchSize must be at most 10 for a FIFO queue.')
  }
  if (BatchSize > BATCH_SIZE_WITHOUT_WINDOW && window === 0) {
    throw validationError('MaximumBatchingWindowInSeconds must be at least 1 where BatchSize is over 10.')
  }
  for (const { Pattern } of sourceParameters.FilterCriteria?.Filters ?? []) checkPattern(Pattern)
}

function checkPattern(pattern = ''): void {
  try {
    parsePattern(pattern, PIPE)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw validationError(`Event pattern is not valid. Reason: ${error.message}`)
  }
}

function checkEnrichment({ enrichment, enrichmentParameters }: Pipe): void {
  if (enrichmentParameters.HttpParameters !== undefined) {
    throw unsupported('The parameter EnrichmentParameters.HttpParameters')
  }
  checkTemplate(enrichmentParameters.InputTemplate)
  if (enrichment === undefined) {
    if (enrichmentParameters.InputTemplate) throw validationError('EnrichmentParameters need an Enrichment.')
    return
  }
  if (parseArn(enrichment)?.service !== 'lambda') throw unsupported(`The enrichment ${enrichment}`)
}

/** The parameters that each service's targets may have. */
const TARGET_PARAMETERS: Readonly<Record<string, keyof TargetParameters | undefined>> = {
  lambda: 'LambdaFunctionParameters',
  sqs: 'SqsQueueParameters',
  sns: undefined,
  events: 'EventBridgeEventBusParameters',
  logs: 'CloudWatchLogsParameters',
}

function checkTarget(pipe: Pipe): void {
  const { target, targetParameters, sourceParameters } = pipe
  const service = targetService(target)
  checkTargetService(target, service)
  refuseOthers(targetParameters, new Set(['InputTemplate', TARGET_PARAMETERS[service] ?? '']))
  if (targetParameters.EventBridgeEventBusParameters?.EndpointId !== undefined) {
    throw unsupported('The parameter EventBridgeEventBusParameters.EndpointId')
  }
  if (service === 'sqs' && target.endsWith('.fifo') && !targetParameters.SqsQueueParameters?.MessageGroupId) {
    throw validationError('MessageGroupId is required for a FIFO queue.')
  }
  checkTemplate(targetParameters.InputTemplate)
  for (const value of pathsIn(targetParameters)) {
    if (parseJsonPath(value) === undefined) throw validationError(`Invalid JSON path ${value}.`)
  }
  const batchMax = TARGETS[service]?.batchMax
  const { BatchSize = BATCH_SIZE_DEFAULT } = sourceParameters.SqsQueueParameters ?? {}
  if (batchMax !== undefined && BatchSize > batchMax) {
    throw validationError(`BatchSize must be at most ${batchMax}, which the target ${target} takes at once.`)
  }
}

/** Parameters that are paths into the event, however deep they stand. */
function pathsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.startsWith('$') ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inside]) => (name === 'InputTemplate' ? [] : pathsIn(inside)))
}

function checkTargetService(target: string, service: string): void {
  const isBus = service !== 'events' || parseArn(target)?.resource.startsWith('event-bus/')
  const isFifoTopic = service === 'sns' && target.endsWith('.fifo')
  if (!Object.hasOwn(TARGET_PARAMETERS, service) || !isBus || isFifoTopic)
    throw unsupported(`The target ${target}`)
}

function checkTemplate(template = ''): void {
  const [unknown] = unknownVariables(template)
  if (unknown !== undefined) throw validationError(`Invalid InputTemplate: <${unknown}> is not known.`)
}

function refuseOthers(parameters: object, allowed: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && !allowed.has(name)) {
      throw validationError(`The parameter ${name} is not supported by lambdad for this pipe.`)
    }
  }
}

/** Parameters of another service's targets go when the target becomes another one. */
export function parametersFor(target: string, parameters: TargetParameters): TargetParameters {
  const allowed: readonly string[] = ['InputTemplate', TARGET_PARAMETERS[targetService(target)] ?? '']
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => allowed.includes(name)))
}
