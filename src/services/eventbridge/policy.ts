import { busArn } from './bus.ts'
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

/** Whether a bus takes events of another account. Conditions ask for what lambdad does not know: they refuse. */
export function takesEventsOf(policy: string | undefined, accountId: string): boolean {
  return readPolicy(policy).Statement.some(
    (statement) =>
      statement.Effect === 'Allow' &&
      statement.Condition === undefined &&
      allowsPutEvents(statement.Action) &&
      isPrincipal(statement.Principal, accountId),
  )
}

function allowsPutEvents(action: Statement['Action']): boolean {
  return [action].flat().some((one) => one === 'events:PutEvents' || one === 'events:*' || one === '*')
}

function isPrincipal(principal: Statement['Principal'], accountId: string): boolean {
  if (principal === '*') return true
  const accounts = typeof principal === 'object' ? [principal.AWS ?? []].flat() : []
  return accounts.some((one) => one === '*' || one === accountId || one.endsWith(`:${accountId}:root`))
}
