import type { ServiceDefinition } from '../../aws/service.ts'
import { bodyTooLarge } from '../errors.ts'
import type { BodyLimit } from './request-body.ts'

/** Lambda's quotas: a synchronous payload, and a request that carries a deployment package. */
const INVOKE_BYTES_MAX = 6_291_456
const PACKAGE_BYTES_MAX = 70_167_211

const LAMBDA_LIMITS: Readonly<Record<string, number>> = {
  CreateFunction: PACKAGE_BYTES_MAX,
  Invoke: INVOKE_BYTES_MAX,
  InvokeAsync: INVOKE_BYTES_MAX,
  InvokeWithResponseStream: INVOKE_BYTES_MAX,
  PublishLayerVersion: PACKAGE_BYTES_MAX,
  UpdateFunctionCode: PACKAGE_BYTES_MAX,
}

/** Where AWS calls an operation otherwise in its texts. */
const NAMES_IN_TEXTS: Readonly<Record<string, string>> = { Invoke: 'InvokeFunction' }

/**
 * What other operations may send, to bound what one connection can make us hold. Logs and SQS take 1 MiB of
 * payload, which JSON and form encoding may triple; Kinesis takes 10 MB and DynamoDB 16 MB.
 */
const DEFAULT_BYTES_MAX = 8 * 1024 * 1024
const BATCH_BYTES_MAX = 32 * 1024 * 1024
const BATCH_SERVICES = ['dynamodb', 'kinesis']

/** Before the operation is known: that is read from the body in the Query protocol only. */
export const FORM_LIMIT: BodyLimit = {
  bytes: DEFAULT_BYTES_MAX,
  tooLarge: () => bodyTooLarge(DEFAULT_BYTES_MAX, 'Query', false),
}

/** How large the body of an operation may be, where it is held in memory. */
export function bodyLimitOf(definition: ServiceDefinition, operation: string): BodyLimit {
  const bytes = bytesMax(definition.id, operation)
  const name = NAMES_IN_TEXTS[operation] ?? operation
  return { bytes, tooLarge: () => bodyTooLarge(bytes, name, definition.id === 's3') }
}

function bytesMax(serviceId: string, operation: string): number {
  if (serviceId === 'lambda') return LAMBDA_LIMITS[operation] ?? DEFAULT_BYTES_MAX
  return BATCH_SERVICES.includes(serviceId) ? BATCH_BYTES_MAX : DEFAULT_BYTES_MAX
}
