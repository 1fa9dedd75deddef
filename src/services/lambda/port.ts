import { parseArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/error.ts'
import { DeliveryError, type DeliveryFault, type Sender } from '../../aws/ports/delivery.ts'
import type { FunctionAnswer, FunctionCall, LambdaPort } from '../../aws/ports/lambda.ts'
import type { ResolvedFunction } from './directory.ts'
import { type DurableInvocation, invokeDurable } from './durable/invoke.ts'
import { acceptEvent } from './events.ts'
import type { FunctionKey } from './function.ts'
import { limitsOf } from './invocation-limits.ts'
import { assertJson } from './json-payload.ts'
import type { MayInvoke } from './may-invoke.ts'
import type { InvokeOperationDeps } from './operations/invoke.ts'
import { checkTenant } from './tenants.ts'

export interface LambdaPortDeps extends InvokeOperationDeps {
  /** Whether the resource policy of the function, version or alias lets the sender invoke it. */
  readonly mayInvoke: MayInvoke
}

interface Target extends FunctionKey {
  readonly qualifier: string | undefined
}

/** Lambda as other services call it: by ARN, as somebody whom the function's resource policy has to let in. */
export function createLambdaPort(deps: LambdaPortDeps): LambdaPort {
  return {
    invoke: async (functionArn, call, sender) => {
      try {
        return await invoke(deps, functionArn, call, sender)
      } catch (error) {
        throw asDeliveryError(error)
      }
    },
    check: async (functionArn, sender) => {
      try {
        await find(deps, functionArn, sender)
        return 'ok'
      } catch (error) {
        const { fault } = asDeliveryError(error)
        if (fault === 'NotFound' || fault === 'AccessDenied') return fault
        throw asDeliveryError(error)
      }
    },
  }
}

async function invoke(
  deps: LambdaPortDeps,
  functionArn: string,
  call: FunctionCall,
  sender: Sender,
): Promise<FunctionAnswer> {
  const resolved = await find(deps, functionArn, sender)
  const { payload, tenantId, traceHeader } = call
  checkTenant(resolved.fn.tenantIsolation, tenantId)
  assertJson(payload)
  const requestId = deps.newId()
  const { durable } = resolved
  if (durable !== undefined) return begin(deps, { ...resolved, durable }, requestId, call)
  if (call.type === 'RequestResponse') return run(deps, resolved, requestId, call)
  await acceptEvent(deps.keepEvent, resolved, { requestId, payload, tenantId, traceHeader })
  return { requestId }
}

/** An execution of a durable function. */
async function begin(
  deps: LambdaPortDeps,
  resolved: ResolvedFunction & Pick<DurableInvocation, 'durable'>,
  requestId: string,
  { type, payload, clientContext, traceHeader }: FunctionCall,
): Promise<FunctionAnswer> {
  const { fn, durable } = resolved
  const input = { FunctionName: fn.arn, InvocationType: type }
  const { accountId, region } = fn
  const call = { accountId, region, traceHeader, signal: new AbortController().signal }
  const answer = await invokeDurable(deps, input, { resolved, durable, payload, clientContext }, call)
  return {
    requestId,
    ...(answer.Payload && { payload: answer.Payload as Uint8Array }),
    ...(answer.FunctionError && { functionError: answer.FunctionError }),
    ...(answer.ExecutedVersion && { executedVersion: answer.ExecutedVersion }),
  }
}

async function run(
  deps: LambdaPortDeps,
  resolved: ResolvedFunction,
  requestId: string,
  { payload, clientContext, traceHeader, tenantId }: FunctionCall,
): Promise<FunctionAnswer> {
  const { fn, invokedFunctionArn, recursiveLoop, executedVersion } = resolved
  const { outcome } = await deps.invoke({
    fn,
    requestId,
    invokedFunctionArn,
    payload,
    limits: limitsOf(deps, resolved, fn),
    ...(clientContext !== undefined && { clientContext }),
    ...(traceHeader !== undefined && { traceHeader }),
    ...(tenantId !== undefined && { tenantId }),
    ...(recursiveLoop && { recursiveLoop }),
  })
  if (outcome.kind === 'platform-error') throw new DeliveryError('Unavailable', outcome.code, outcome.message)
  return {
    requestId,
    payload: outcome.payload,
    executedVersion,
    ...(outcome.kind === 'function-error' && { functionError: 'Unhandled' }),
  }
}

async function find(deps: LambdaPortDeps, functionArn: string, sender: Sender): Promise<ResolvedFunction> {
  const target = readTarget(functionArn)
  const resolved = await deps.directory.resolve(target, target.name, target.qualifier)
  if (!(await deps.mayInvoke(target, target.qualifier, sender)))
    throw new DeliveryError(
      'AccessDenied',
      'AccessDeniedException',
      `${sender.principal} is not authorized to perform: lambda:InvokeFunction on resource: ${functionArn} because no resource-based policy allows the lambda:InvokeFunction action`,
    )
  return resolved
}

function readTarget(functionArn: string): Target {
  const { service, accountId = '', region = '', resource = '' } = parseArn(functionArn) ?? {}
  const [type, name = '', qualifier] = resource.split(':')
  if (service !== 'lambda' || type !== 'function' || name === '')
    throw new DeliveryError('Invalid', 'InvalidParameterValueException', `${functionArn} names no function`)
  return { accountId, region, name, qualifier }
}

const FAULTS: Readonly<Record<string, DeliveryFault>> = {
  ResourceNotFoundException: 'NotFound',
  AccessDeniedException: 'AccessDenied',
  TooManyRequestsException: 'Throttled',
}

function asDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  if (!(error instanceof AwsError))
    return new DeliveryError('Unavailable', 'ServiceException', 'Lambda failed', error)
  const isOurs = (error.status ?? 500) >= 500 || error.code === 'ResourceConflictException'
  const fault = FAULTS[error.code] ?? (isOurs ? 'Unavailable' : 'Invalid')
  return new DeliveryError(fault, error.code, error.message, error)
}
