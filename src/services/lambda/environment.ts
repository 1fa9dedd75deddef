import { invalidParameter } from './errors.ts'

/** Lambda's limit on all variables together, written as JSON. */
const VARIABLES_BYTES_MAX = 4096

/** Set by Lambda itself (Developer Guide, "Defined runtime environment variables": reserved). */
const RESERVED = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_FORMAT',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_LEVEL',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_MAX_CONCURRENCY',
  'AWS_LAMBDA_METADATA_API',
  'AWS_LAMBDA_METADATA_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
])

const PREFIX =
  'Lambda was unable to configure your environment variables because the environment variables you have provided'

/** A function's own variables; refuses the names that are Lambda's, and more than fits. */
export function readVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name))
  if (reserved.length > 0) throw reservedKeys(reserved)
  const measured = JSON.stringify(variables)
  if (Buffer.byteLength(measured) > VARIABLES_BYTES_MAX) throw tooLarge(measured)
  return { ...variables }
}

function reservedKeys(names: readonly string[]) {
  return invalidParameter(
    `${PREFIX} contains reserved keys that are currently not supported for modification. ` +
      `Reserved keys used in this request: ${names.join(', ')}`,
  )
}

function tooLarge(measured: string) {
  return invalidParameter(`${PREFIX} exceeded the 4KB limit. String measured: ${measured}`)
}
