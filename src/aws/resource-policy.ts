import type { Sender } from './ports/delivery.ts'

/** A caller of another account. */
export interface ForeignCaller {
  readonly accountId: string
  readonly principalArn: string
}

type Values = unknown
interface Statement {
  readonly Effect?: string
  readonly Principal?: string | Readonly<Record<string, Values>>
  readonly NotPrincipal?: unknown
  readonly Action?: Values
  readonly NotAction?: unknown
  readonly Resource?: Values
  readonly NotResource?: unknown
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
  isMeant: (principal: Statement['Principal']) => boolean,
): boolean {
  const statements = statementsOf(policy).filter(
    (statement) =>
      isUnderstood(statement) &&
      isMeant(statement.Principal) &&
      matchesAny(statement.Action, action.toLowerCase(), true) &&
      (statement.Resource === undefined || matchesAny(statement.Resource, resource)) &&
      conditionsHold(statement, context),
  )
  if (statements.some(({ Effect }) => Effect === 'Deny')) return false
  return statements.some(({ Effect }) => Effect === 'Allow')
}

function statementsOf(policy: string | undefined): readonly Statement[] {
  if (!policy) return []
  const { Statement: statements = [] } = JSON.parse(policy)
  return Array.isArray(statements) ? statements : [statements]
}

/** What inverts its meaning allows nothing here: it is better to refuse than to let in too many. */
function isUnderstood({ NotPrincipal, NotAction, NotResource }: Statement): boolean {
  return NotPrincipal === undefined && NotAction === undefined && NotResource === undefined
}

function isService(principal: Statement['Principal'], service: string): boolean {
  if (principal === '*') return true
  if (typeof principal !== 'object') return false
  return valuesOf(principal.Service).includes(service) || valuesOf(principal.AWS).includes('*')
}

function isCaller(principal: Statement['Principal'], { accountId, principalArn }: ForeignCaller): boolean {
  if (principal === '*') return true
  if (typeof principal !== 'object') return false
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
    Object.entries(keys).every(([key, wanted]) =>
      holds(operator, context[key.toLowerCase()], valuesOf(wanted)),
    ),
  )
}

/** Operators that nobody uses on these keys do not hold, so that a statement with one lets nobody in. */
function holds(operator: string, actual: string | undefined, wanted: readonly string[]): boolean {
  const name = operator.replace(/IfExists$/, '')
  if (actual === undefined) return name !== operator
  switch (name) {
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
  return valuesOf(patterns).some((pattern) => matches(ignoresCase ? pattern.toLowerCase() : pattern, text))
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
