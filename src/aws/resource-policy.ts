import type { Sender } from './ports/delivery.ts'

/** A caller of another account. */
export interface ForeignCaller {
  readonly accountId: string
  readonly principalArn: string
}

type Values = unknown
type Principal = string | Readonly<Record<string, Values>> | undefined
interface Statement {
  readonly Effect?: string
  readonly Principal?: Principal
  readonly NotPrincipal?: Principal
  readonly Action?: Values
  readonly NotAction?: Values
  readonly Resource?: Values
  readonly NotResource?: Values
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Values>>>>
}

/** Whether a resource's policy lets a service of AWS in that acts for `sender` (IAM User Guide, "Policy evaluation logic"). */
export function maySend(
  policy: string | undefined,
  action: string,
  resource: string,
  sender: Sender,
): boolean {
  const context = {
    'aws:sourcearn': sender.sourceArn,
    'aws:sourceaccount': sender.accountId,
    // Services of AWS call each other by TLS; here nothing leaves the process.
    'aws:securetransport': 'true',
  }
  return decide(policy, action, resource, context, (principal) => isService(principal, sender.principal))
}

/** Whether a resource's policy lets a caller of another account in. */
export function mayAccess(
  policy: string | undefined,
  action: string,
  resource: string,
  caller: ForeignCaller,
): boolean {
  const context = {
    'aws:principalaccount': caller.accountId,
    'aws:principalarn': caller.principalArn,
  }
  return decide(policy, action, resource, context, (principal) => isCaller(principal, caller))
}

type Context = Readonly<Record<string, string>>

/** A denial wins over every allowance; without a word of it, the answer is no. */
function decide(
  policy: string | undefined,
  action: string,
  resource: string,
  context: Context,
  isMeant: (principal: Principal) => boolean,
): boolean {
  const statements = statementsOf(policy).filter(
    (statement) =>
      saysOf(statement.Principal, statement.NotPrincipal, isMeant) &&
      saysOf(statement.Action, statement.NotAction, (actions) => matchesAny(actions, action, true)) &&
      saysOf(statement.Resource ?? '*', statement.NotResource, (arns) => matchesAny(arns, resource)) &&
      conditionsHold(statement, context),
  )
  if (statements.some(({ Effect }) => Effect === 'Deny')) return false
  return statements.some(({ Effect }) => Effect === 'Allow')
}

/** `NotAction` and its like mean all but what they name. */
function saysOf<Value>(value: Value, not: Value | undefined, isMeant: (value: Value) => boolean): boolean {
  return not === undefined ? isMeant(value) : !isMeant(not)
}

function statementsOf(policy: string | undefined): readonly Statement[] {
  if (!policy) return []
  const { Statement: statements = [] } = JSON.parse(policy)
  const list: unknown[] = Array.isArray(statements) ? statements : [statements]
  // A policy is a caller's text: what is no statement says nothing.
  return list.filter(
    (statement): statement is Statement => typeof statement === 'object' && statement !== null,
  )
}

function isService(principal: Principal, service: string): boolean {
  if (principal === '*') return true
  if (typeof principal !== 'object' || principal === null) return false
  return valuesOf(principal.Service).includes(service) || valuesOf(principal.AWS).includes('*')
}

function isCaller(principal: Principal, { accountId, principalArn }: ForeignCaller): boolean {
  if (principal === '*') return true
  if (typeof principal !== 'object' || principal === null) return false
  return valuesOf(principal.AWS).some(
    (value) =>
      value === '*' ||
      value === accountId ||
      value === principalArn ||
      new RegExp(`^arn:[a-z-]+:iam::${accountId}:root$`).test(value),
  )
}

function conditionsHold({ Condition = {} }: Statement, context: Context): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys ?? {}).every(([key, wanted]) =>
      holds(operator, context[key.toLowerCase()], valuesOf(wanted)),
    ),
  )
}

/** Operators on texts and ARNs, on Booleans, and `Null`; a statement with another one lets nobody in. */
function holds(operator: string, actual: string | undefined, wanted: readonly string[]): boolean {
  const name = operator.replace(/IfExists$/, '')
  if (name === 'Null') return wanted.includes(String(actual === undefined))
  // A key that is not there is not equal to anything.
  if (actual === undefined) return name !== operator || name.includes('Not')
  switch (name) {
    case 'Bool':
    case 'StringEquals':
      return wanted.includes(actual)
    case 'StringNotEquals':
      return !wanted.includes(actual)
    case 'StringEqualsIgnoreCase':
      return wanted.some((value) => value.toLowerCase() === actual.toLowerCase())
    case 'StringLike':
    case 'ArnLike':
    case 'ArnEquals':
      return wanted.some((value) => matches(value, actual))
    case 'StringNotLike':
    case 'ArnNotLike':
    case 'ArnNotEquals':
      return !wanted.some((value) => matches(value, actual))
    default:
      return false
  }
}

function matchesAny(patterns: Values, text: string, ignoresCase = false): boolean {
  const fold = (value: string) => (ignoresCase ? value.toLowerCase() : value)
  return valuesOf(patterns).some((pattern) => matches(fold(pattern), fold(text)))
}

/** `*` any text, `?` one character. Takes at most the product of both lengths: policies come from callers. */
function matches(pattern: string, text: string): boolean {
  let [at, place, star, retry] = [0, 0, -1, 0]
  while (place < text.length) {
    if (pattern[at] === '*') [star, retry] = [at++, place]
    else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[place]))
      [at, place] = [at + 1, place + 1]
    else if (star >= 0) [at, place] = [star + 1, ++retry]
    else return false
  }
  return /^\**$/.test(pattern.slice(at))
}

function valuesOf(value: Values): readonly string[] {
  if (value === undefined || value === null) return []
  return (Array.isArray(value) ? value : [value]).map(String)
}
