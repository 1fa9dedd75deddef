import { malformedPolicy, syntaxErrors } from './errors.ts'
import { checkSids, type Statement, strings } from './policy-statement.ts'

/** Who may assume a role, and how. */
export function checkTrust(statements: readonly Statement[]): void {
  for (const statement of statements) {
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') throw syntaxErrors()
    checkPrincipals(statement)
    checkActions(statement)
    for (const field of ['Resource', 'NotResource'])
      if (statement[field] !== undefined) throw malformedPolicy(`Has prohibited field ${field}`)
  }
  checkSids(statements)
}

function checkPrincipals({ Principal, NotPrincipal }: Statement): void {
  if (NotPrincipal !== undefined) throw malformedPolicy('Has prohibited field NotPrincipal')
  if (Principal === undefined) throw malformedPolicy('Missing required field Principal')
  if (Principal === '*') return
  if (typeof Principal !== 'object' || Principal === null || Object.keys(Principal).length === 0)
    throw malformedPolicy('Invalid principal in policy')
  for (const [type, values] of Object.entries(Principal)) checkPrincipalType(type, values)
}

const PRINCIPALS: Readonly<Record<string, RegExp>> = {
  AWS: /^(\*|\d{12}|arn:[^:]+:(iam|sts)::(\d{12})?:.+|A[A-Z]{3}[A-Z0-9]{16,124})$/,
  Service: /^[a-z0-9][a-z0-9.-]*\.(amazonaws\.com(\.cn)?|aws\.internal|amazon\.com)$/,
  Federated: /^.+$/,
  CanonicalUser: /^.+$/,
}

/** AWS shouts the type of a principal that it does not take. */
function checkPrincipalType(type: string, values: unknown): void {
  const pattern = PRINCIPALS[type]
  for (const value of Array.isArray(values) ? values : [values])
    if (pattern === undefined || typeof value !== 'string' || !pattern.test(value))
      throw malformedPolicy(`Invalid principal in policy: "${type.toUpperCase()}":${JSON.stringify(value)}`)
}

const TRUST_ACTION = /^sts:(AssumeRole[A-Za-z]*|TagSession|SetSourceIdentity|SetContext|\*)\*?$/i

function checkActions({ Action, NotAction }: Statement): void {
  if (Action !== undefined && NotAction !== undefined) throw syntaxErrors()
  const actions = strings(Action ?? NotAction)
  if (actions.length === 0) throw malformedPolicy('Missing required field Action')
  if (NotAction !== undefined || !actions.every((action) => TRUST_ACTION.test(action)))
    throw malformedPolicy('AssumeRole policy may only specify STS AssumeRole actions.')
}
