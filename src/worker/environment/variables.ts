import type { FunctionVersion } from '../../wire/function-version.ts'
import type { InitializationType } from '../../wire/platform-event.ts'
import { DEFAULT_PATH } from '../image/path.ts'
import { CREDENTIALS_PATH } from '../runtime-api/credentials.ts'
import { INSIDE } from '../sandbox/sandbox.ts'

/** Credentials of a function's role. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

export interface VariablesInput {
  readonly fn: FunctionVersion
  readonly environmentId: string
  readonly initializationType: InitializationType
  readonly logStream: string
  readonly credentials: Credentials
  /** Of functions with SnapStart: what they ask for their credentials with, as a snapshot's would be old. */
  readonly credentialsToken?: string | undefined
  /** Where lambdad answers AWS's APIs. */
  readonly endpoint: string
  /** `127.0.0.1:40123`. */
  readonly runtimeApi: string
  /** The runtime's own: `NODE_PATH`, `PYTHONPATH`, and what its bootstrap wants to know. */
  readonly ofRuntime: Readonly<Record<string, string>>
}

/** The function's variables may replace these (Lambda Developer Guide, "Defined runtime environment variables"). */
const DEFAULTS: Readonly<Record<string, string>> = {
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
  PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
  LD_LIBRARY_PATH:
    '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib',
  AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
}

/** An image says the rest itself. */
const IMAGE_DEFAULTS: Readonly<Record<string, string>> = {
  PATH: DEFAULT_PATH,
  TZ: ':UTC',
  AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
}

/** What the process of a runtime finds in its environment, by AWS's names, and ours where AWS has none. */
export function variablesOf(input: VariablesInput): Record<string, string> {
  const { fn } = input
  return {
    ...(fn.image === undefined ? DEFAULTS : { ...IMAGE_DEFAULTS, ...fn.image.variables }),
    // The SDKs' own name. A function that sets it means another endpoint.
    AWS_ENDPOINT_URL: input.endpoint,
    ...input.ofRuntime,
    ...fn.variables,
    ...reserved(input),
  }
}

/** What a runtime is booted with that has no function yet: what does not depend on the function, and is read at boot. */
export function waitingVariables(id: string, ofRuntime: VariablesInput['ofRuntime']): Record<string, string> {
  return {
    ...DEFAULTS,
    ...ofRuntime,
    PWD: INSIDE.code,
    LAMBDAD_RUNTIME_SOCKET: INSIDE.runtimeSocket,
    LAMBDAD_AWAITS_FUNCTION: '1',
    LAMBDAD_ENVIRONMENT: id,
  }
}

/** The function's variables may not replace these; the control plane refuses most of them. */
function reserved({ fn, ...input }: VariablesInput): Record<string, string> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: fn.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: input.initializationType,
    ...logFormat(fn),
    ...concurrency(fn),
    AWS_LAMBDA_RUNTIME_API: input.runtimeApi,
    AWS_REGION: fn.region,
    AWS_DEFAULT_REGION: fn.region,
    ...ofEnvironment(fn, input),
    ...(fn.image === undefined ? ofPackage(fn) : { PWD: fn.image.workingDirectory }),
    // Marks the processes of this environment, so that none survives it.
    LAMBDAD_ENVIRONMENT: input.environmentId,
  }
}

/** What a snapshot, which many environments start from, cannot have. */
function ofEnvironment(fn: FunctionVersion, input: Omit<VariablesInput, 'fn'>): Record<string, string> {
  const { credentialsToken, credentials } = input
  if (credentialsToken !== undefined) {
    return {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${input.runtimeApi}${CREDENTIALS_PATH}`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: credentialsToken,
    }
  }
  return {
    AWS_LAMBDA_LOG_GROUP_NAME: fn.logging.group,
    AWS_LAMBDA_LOG_STREAM_NAME: input.logStream,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  }
}

function ofPackage(fn: FunctionVersion): Record<string, string> {
  return {
    ...(fn.runtime.startsWith('provided') ? {} : { AWS_EXECUTION_ENV: `AWS_Lambda_${fn.runtime}` }),
    _HANDLER: fn.handler,
    LAMBDA_TASK_ROOT: INSIDE.code,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    PWD: INSIDE.code,
    LAMBDAD_RUNTIME_SOCKET: INSIDE.runtimeSocket,
  }
}

/** Tells the runtime to ask for several events at once. */
function concurrency({ managed }: FunctionVersion): Record<string, string> {
  if (managed === undefined) return {}
  return {
    AWS_LAMBDA_MAX_CONCURRENCY: String(managed.maxConcurrency),
    LAMBDAD_VCPUS: String(managed.vcpus),
  }
}

/** With JSON only: the runtimes' bootstraps then write JSON themselves. */
function logFormat({ logging }: FunctionVersion): Record<string, string> {
  if (logging.format === 'Text') return {}
  return {
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
    ...(logging.applicationLevel === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: logging.applicationLevel }),
  }
}
