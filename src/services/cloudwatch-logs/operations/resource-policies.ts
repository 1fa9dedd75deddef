import type { LogsOperation } from '../deps.ts'
import { invalidParameter, policyNotFound, resourceLimitExceeded, unsupported } from '../errors.ts'
import { formatToken, isText, parseToken } from '../list-token.ts'
import { RESOURCE_POLICIES_MAX, type ResourcePolicy } from '../resource-policy.ts'

interface ScopedInput {
  readonly resourceArn?: string | undefined
  readonly expectedRevisionId?: string | undefined
}

export const putResourcePolicy: LogsOperation<'PutResourcePolicy'> = async (deps, input, call) => {
  refuseResourceScope(input)
  const { policyName: name, policyDocument: document } = input
  if (name === undefined || document === undefined)
    throw invalidParameter('Policy name and policy document are required.')
  refuseUnreadable(document)
  const policy = { name, document, updatedAt: deps.clock.now() }
  if (!(await deps.store.putResourcePolicy(call, policy, RESOURCE_POLICIES_MAX)))
    throw resourceLimitExceeded()
  return { resourcePolicy: shown(policy, document) }
}

/** A policy of one log group, with revisions. */
function refuseResourceScope({ resourceArn, expectedRevisionId }: ScopedInput): void {
  if (resourceArn !== undefined) throw unsupported('A resource policy of a single resource (resourceArn)')
  if (expectedRevisionId !== undefined) throw unsupported('expectedRevisionId')
}

function refuseUnreadable(document: string): void {
  const policy = parsed(document)
  const statements = [policy.Statement ?? []].flat()
  if (statements.length === 0)
    throw invalidParameter('The policy document needs at least one statement (Statement).')
  for (const statement of statements) {
    const { Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource } = statement ?? {}
    if (Effect !== 'Allow' && Effect !== 'Deny')
      throw invalidParameter('A statement of the policy document has no Effect that is Allow or Deny.')
    if ((Principal ?? NotPrincipal) === undefined)
      throw invalidParameter('A statement of the policy document has no Principal.')
    if ((Action ?? NotAction) === undefined || (Resource ?? NotResource) === undefined)
      throw invalidParameter('A statement of the policy document has no Action, or no Resource.')
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what a caller wrote may be anything
function parsed(document: string): any {
  try {
    const policy: unknown = JSON.parse(document)
    if (typeof policy === 'object' && policy !== null && !Array.isArray(policy)) return policy
  } catch {}
  throw invalidParameter('The policy document is no JSON object.')
}

const PAGE_MAX = 50

export const describeResourcePolicies: LogsOperation<'DescribeResourcePolicies'> = async (
  deps,
  input,
  call,
) => {
  refuseResourceScope(input)
  if (input.policyScope === 'RESOURCE') return { resourcePolicies: [] }
  const { limit = PAGE_MAX } = input
  const question = ['DescribeResourcePolicies', call.accountId, call.region]
  const after = parseToken(input.nextToken, question, isText)
  // An account has so few that all are read.
  const left = (await deps.store.resourcePolicies(call)).filter(
    ({ name }) => after === undefined || name > after,
  )
  const page = left.slice(0, limit)
  const nextToken = left.length > limit ? formatToken(question, page.at(-1)?.name) : undefined
  return {
    resourcePolicies: page.map((policy) => shown(policy, normalized(policy.document))),
    ...(nextToken && { nextToken }),
  }
}

function shown({ name, updatedAt }: ResourcePolicy, policyDocument: string) {
  return {
    policyName: name,
    policyDocument,
    lastUpdatedTime: updatedAt,
    policyScope: 'ACCOUNT' as const,
  }
}

/** As AWS was recorded to show what it keeps: with a version, and without lists of one principal. */
function normalized(document: string): string {
  const { Version = '2008-10-17', ...rest } = parsed(document)
  const Statement = [rest.Statement].flat().map(({ Principal, ...statement }) => {
    if (typeof Principal !== 'object') return { ...statement, ...(Principal && { Principal }) }
    const entries = Object.entries(Principal).map(([kind, named]) => [kind, onlyOne(named)])
    return { ...statement, Principal: Object.fromEntries(entries) }
  })
  return JSON.stringify({ Version, ...rest, Statement })
}

function onlyOne(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value
}

export const deleteResourcePolicy: LogsOperation<'DeleteResourcePolicy'> = async (deps, input, call) => {
  refuseResourceScope(input)
  const name = input.policyName ?? ''
  if (!(await deps.store.deleteResourcePolicy(call, name))) throw policyNotFound(name)
  return {}
}
