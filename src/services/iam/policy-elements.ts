import { malformedPolicy } from './errors.ts'
import type { PolicyKind, Statement } from './policy-document.ts'

/** `Principal` belongs to trust policies, and to them alone. */
export function checkPrincipals({ Principal, NotPrincipal }: Statement, kind: PolicyKind): void {
  if (kind !== 'trust') {
    if (Principal !== undefined || NotPrincipal !== undefined)
      throw malformedPolicy('Policy document should not specify a principal.')
    return
  }
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

function checkPrincipalType(type: string, values: unknown): void {
  const pattern = PRINCIPALS[type]
  for (const value of Array.isArray(values) ? values : [values])
    if (pattern === undefined || typeof value !== 'string' || !pattern.test(value))
      throw malformedPolicy(`Invalid principal in policy: "${shown(type)}":${JSON.stringify(value)}`)
}

/** AWS shouts the type of all principals but its own. */
function shown(type: string): string {
  return type.toUpperCase()
}

const TRUST_ACTION = /^sts:(AssumeRole[A-Za-z]*|TagSession|SetSourceIdentity|SetContext|\*)\*?$/i

export function checkActions({ Action, NotAction }: Statement, kind: PolicyKind): void {
  if (Action !== undefined && NotAction !== undefined) throw malformedPolicy('Syntax errors in policy.')
  const actions = strings(Action ?? NotAction)
  if (actions.length === 0)
    throw malformedPolicy(
      kind === 'trust' ? 'Missing required field Action' : 'Policy statement must contain actions.',
    )
  if (kind === 'trust') {
    if (NotAction !== undefined || !actions.every((action) => TRUST_ACTION.test(action)))
      throw malformedPolicy('AssumeRole policy may only specify STS AssumeRole actions.')
    return
  }
  for (const action of actions) if (action !== '*') checkAction(action)
}

function checkAction(action: string): void {
  const [vendor = '', ...rest] = action.split(':')
  if (rest.length === 0)
    throw malformedPolicy('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
  if (rest.length > 1) throw malformedPolicy('Actions/Condition can contain only one colon.')
  if (!/^[a-zA-Z0-9\-.]+$/.test(vendor)) throw malformedPolicy(`Vendor ${vendor} is not valid`)
}

export function checkResources({ Resource, NotResource }: Statement, kind: PolicyKind): void {
  if (kind === 'trust') {
    if (Resource !== undefined) throw malformedPolicy('Has prohibited field Resource')
    if (NotResource !== undefined) throw malformedPolicy('Has prohibited field NotResource')
    return
  }
  if (Resource !== undefined && NotResource !== undefined) throw malformedPolicy('Syntax errors in policy.')
  const resources = strings(Resource ?? NotResource)
  if (resources.length === 0) throw malformedPolicy('Policy statement must contain resources.')
  for (const resource of resources) if (resource !== '*') checkResource(resource)
}

/** Anywhere in an ARN there may be wildcards, and in what follows the account also variables. */
function checkResource(resource: string): void {
  if (!resource.startsWith('arn:'))
    throw malformedPolicy(`Resource ${resource} must be in ARN format or "*".`)
  const parts = resource.split(':')
  const partition = parts[1] ?? ''
  if (!/^(aws[a-z-]*|[a-z*?-]*[*?][a-z*?-]*)$/.test(partition))
    throw malformedPolicy(`Partition "${partition}" is not valid for resource "${resource}".`)
  if (parts.length < 6 && !resource.includes('*')) throw malformedPolicy('The policy failed legacy parsing')
}

/** One text, or a list of them; anything else is no policy. */
function strings(value: unknown): string[] {
  if (value === undefined) return []
  const list = Array.isArray(value) ? value : [value]
  if (!list.every((item) => typeof item === 'string')) throw malformedPolicy('Syntax errors in policy.')
  return list
}
