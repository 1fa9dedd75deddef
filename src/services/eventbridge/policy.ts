import { mayAccess } from '../../aws/policy/resource-policy.ts'
import { type BusAddress, busArn } from './bus.ts'
import { validationError } from './errors.ts'
import type { Scope } from './scope.ts'

interface Statement {
  readonly Sid?: string
  readonly Effect?: string
  readonly Principal?: string | { readonly AWS?: string | readonly string[] }
  readonly Action?: string | readonly string[]
  readonly Condition?: object
}

interface Policy {
  readonly Version: string
  readonly Statement: readonly Statement[]
}

export function readPolicy(text: string | undefined): Policy {
  if (text === undefined) return { Version: '2012-10-17', Statement: [] }
  const policy = parsed(text)
  if (!Array.isArray(policy.Statement)) throw validationError('The policy has no statements.')
  return policy
}

function parsed(text: string): Policy {
  try {
    return JSON.parse(text)
  } catch {
    throw validationError('The policy is not valid JSON.')
  }
}

/** The statement that PutPermission makes of its parameters. */
export function statementFor(
  scope: Scope,
  bus: string,
  {
    sid,
    principal,
    action,
    condition,
  }: { sid: string; principal: string; action: string; condition?: object },
): Statement & { readonly Resource: string } {
  return {
    Sid: sid,
    Effect: 'Allow',
    Principal: principal === '*' ? '*' : { AWS: `arn:aws:iam::${principal}:root` },
    Action: action,
    Resource: busArn(scope, bus),
    ...(condition && { Condition: condition }),
  }
}

/** Whether a bus takes events of another account. */
export function takesEventsOf(policy: string | undefined, bus: BusAddress, accountId: string): boolean {
  const principalArn = `arn:aws:iam::${accountId}:root`
  return mayAccess(policy, 'events:PutEvents', busArn(bus, bus.name), { accountId, principalArn })
}
