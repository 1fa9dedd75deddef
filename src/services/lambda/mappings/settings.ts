import { parsePattern } from '../../../aws/event-pattern/parse.ts'
import { MAPPING, PatternError } from '../../../aws/event-pattern/pattern.ts'
import { invalidParameter, notSupported } from '../errors.ts'
import type { LambdaInput } from '../types.ts'
import type { MappingSettings } from './mapping.ts'

/** What creating and changing a mapping share. */
export type MappingInput = Omit<LambdaInput<'UpdateEventSourceMapping'>, 'UUID' | 'FunctionName' | 'Enabled'>

/** What a source takes of the settings that all mappings have. */
export interface SourceLimits {
  readonly batchSizeMax: number
  /** Whether it waits for more events to fill a batch. */
  readonly hasWindow: boolean
  readonly pollersMin: number
}

/** AWS Lambda Developer Guide, "Using Lambda with Amazon SQS". */
export const STANDARD_QUEUE: SourceLimits = { batchSizeMax: 10_000, hasWindow: true, pollersMin: 2 }
export const FIFO_QUEUE: SourceLimits = { batchSizeMax: 10, hasWindow: false, pollersMin: 2 }

export const DEFAULTS: MappingSettings = {
  batchSize: 10,
  windowSeconds: 0,
  filters: [],
  reportsItemFailures: false,
}

/** Batches that may be larger than this need a window to fill them in. */
const BATCH_SIZE_WITHOUT_WINDOW = 10
/** More on request; lambdad takes no requests. */
const FILTERS_MAX = 10
const POLLERS_MAX = 200

/** `current` with what `input` names changed. */
export function changedSettings(
  current: MappingSettings,
  input: MappingInput,
  limits: SourceLimits,
): MappingSettings {
  refuseUnsupported(input)
  const { maximumConcurrency: _, provisionedPollers: __, ...rest } = current
  const concurrency = input.ScalingConfig
    ? input.ScalingConfig.MaximumConcurrency
    : current.maximumConcurrency
  const pollers = readPollers(current, input.ProvisionedPollerConfig, limits)
  const settings: MappingSettings = {
    ...rest,
    batchSize: input.BatchSize ?? current.batchSize,
    windowSeconds: input.MaximumBatchingWindowInSeconds ?? current.windowSeconds,
    filters: input.FilterCriteria ? readFilters(input.FilterCriteria) : current.filters,
    reportsItemFailures: input.FunctionResponseTypes
      ? input.FunctionResponseTypes.includes('ReportBatchItemFailures')
      : current.reportsItemFailures,
    ...(concurrency !== undefined && { maximumConcurrency: concurrency }),
    ...(pollers && { provisionedPollers: pollers }),
  }
  checkTogether(settings, limits)
  return settings
}

function checkTogether(settings: MappingSettings, limits: SourceLimits): void {
  const { batchSize, windowSeconds, maximumConcurrency, provisionedPollers } = settings
  if (batchSize > limits.batchSizeMax)
    throw invalidParameter(
      `Batch size must be between 1 and ${limits.batchSizeMax} for the given event source mapping type.`,
    )
  if (windowSeconds > 0 && !limits.hasWindow)
    throw invalidParameter('Batching window is not supported for FIFO queues.')
  if (batchSize > BATCH_SIZE_WITHOUT_WINDOW && windowSeconds === 0)
    throw invalidParameter(
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    )
  if (maximumConcurrency !== undefined && provisionedPollers !== undefined)
    throw invalidParameter('ScalingConfig and ProvisionedPollerConfig cannot be used together.')
}

function readFilters({ Filters = [] }: NonNullable<MappingInput['FilterCriteria']>): string[] {
  if (Filters.length > FILTERS_MAX)
    throw invalidParameter(`A mapping can have ${FILTERS_MAX} filters at most.`)
  return Filters.map(({ Pattern = '' }) => {
    try {
      parsePattern(Pattern, MAPPING)
    } catch (error) {
      if (error instanceof PatternError) throw invalidParameter('Invalid filter pattern definition.')
      throw error
    }
    return Pattern
  })
}

/** An empty config takes away what was there. */
function readPollers(
  current: MappingSettings,
  input: MappingInput['ProvisionedPollerConfig'],
  { pollersMin }: SourceLimits,
): MappingSettings['provisionedPollers'] {
  if (input === undefined) return current.provisionedPollers
  if (input.PollerGroupName) throw unsupportedFor('ProvisionedPollerConfig.PollerGroupName')
  if (input.MinimumPollers === undefined && input.MaximumPollers === undefined) return undefined
  const minimum = input.MinimumPollers ?? pollersMin
  const maximum = input.MaximumPollers ?? Math.max(POLLERS_MAX, minimum)
  if (minimum < pollersMin || maximum < pollersMin)
    throw invalidParameter(`MinimumPollers and MaximumPollers must be at least ${pollersMin}.`)
  if (minimum > maximum) throw invalidParameter('MinimumPollers cannot be greater than MaximumPollers.')
  return { minimum, maximum }
}

/** What is of other sources is refused in AWS's words, and what lambdad lacks by its name. */
function refuseUnsupported(input: MappingInput): void {
  for (const name of OF_OTHER_SOURCES) {
    if (asksForSomething(input[name])) throw unsupportedFor(name)
  }
  for (const name of ['KMSKeyArn', 'MetricsConfig', 'LoggingConfig'] as const) {
    if (asksForSomething(input[name])) throw notSupported(name)
  }
}

const OF_OTHER_SOURCES = [
  'DestinationConfig',
  'ParallelizationFactor',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'BisectBatchOnFunctionError',
  'TumblingWindowInSeconds',
  'SourceAccessConfigurations',
  'AmazonManagedKafkaEventSourceConfig',
  'SelfManagedKafkaEventSourceConfig',
  'DocumentDBEventSourceConfig',
] as const

/** Deploy tools send empty lists and objects for what nobody has set. */
function asksForSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return false
  if (typeof value !== 'object') return true
  return Object.values(value).some(asksForSomething)
}

export function unsupportedFor(parameter: string) {
  return invalidParameter(`Unsupported ${parameter} parameter for given event source mapping type.`)
}
