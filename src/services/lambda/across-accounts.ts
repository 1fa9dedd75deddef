import type { BoundOperation, Call } from '../../aws/operation.ts'
import { notAllowed } from './errors.ts'
import { functionArn } from './function.ts'
import { ownerNamedIn, readFunctionName } from './function-name.ts'
import { policyAt } from './may-invoke.ts'
import { isAllowed } from './policy-check.ts'
import type { FunctionStore } from './store.ts'

type Policies = Pick<FunctionStore, 'findPolicy'>

/** How operations name a function. */
interface Naming {
  readonly FunctionName?: string
  readonly Qualifier?: string
  /** Of the operations on tags: any ARN. */
  readonly Resource?: string
}

/** What no policy grants to others (github.com/awsdocs/aws-lambda-developer-guide/issues/139). */
const OWNERS_ONLY: ReadonlySet<string> = new Set([
  'AddPermission',
  'CreateEventSourceMapping',
  'CreateFunction',
  'ListEventSourceMappings',
  'RemovePermission',
  'UpdateEventSourceMapping',
  'UpdateFunctionConfiguration',
])

/** Where the action that a policy names is not the operation's own name. */
const ACTIONS: Readonly<Record<string, string>> = {
  Invoke: 'InvokeFunction',
  InvokeWithResponseStream: 'InvokeFunction',
}

/**
 * A call that names a function of another account is carried out as its owner's, where the policy of just what is
 * named lets the caller (Developer Guide, "Granting Lambda function access to other accounts").
 */
export function acrossAccounts(
  operations: Readonly<Record<string, BoundOperation>>,
  policies: Policies,
): Record<string, BoundOperation> {
  const reaching: Record<string, BoundOperation> = {}
  for (const [name, operation] of Object.entries(operations)) {
    const action = `lambda:${ACTIONS[name] ?? name}`
    reaching[name] = OWNERS_ONLY.has(name)
      ? operation
      : (input, call) => {
          const owner = foreignOwner(input, call)
          if (owner === undefined) return operation(input, call)
          return checkShared(policies, input, action, call, owner).then((as) => operation(input, as))
        }
  }
  return reaching
}

/** The account that is named, where it is not the caller's. */
function foreignOwner({ FunctionName, Resource }: Naming, { accountId }: Call): string | undefined {
  const name = FunctionName ?? Resource
  // Most names are bare, and cost no more than this.
  if (name === undefined || !name.includes(':')) return undefined
  const owner = ownerNamedIn(name)
  return owner === accountId ? undefined : owner
}

/** The call as one of the owner's account. */
async function checkShared(
  policies: Policies,
  { FunctionName, Resource = '', Qualifier }: Naming,
  action: string,
  call: Call,
  owner: string,
): Promise<Call> {
  const as = asOf(owner, call)
  const { key, qualifier } = readFunctionName(FunctionName ?? Resource, as, Qualifier)
  const policy = await policyAt(policies, key, qualifier)
  const caller = { principal: call.principalArn, accountId: call.accountId }
  if (!isAllowed(policy, action, caller))
    throw notAllowed(call.principalArn, action, functionArn(key, qualifier))
  return as
}

/** A copy by spreading would leave out what is a getter. */
function asOf(accountId: string, call: Call): Call {
  const { region, principalArn, accessKeyId, requestId, traceHeader, trailers } = call
  return {
    ...{ accountId, region, principalArn, accessKeyId, requestId, traceHeader, trailers },
    get endpoint() {
      return call.endpoint
    },
    get signal() {
      return call.signal
    },
  }
}
