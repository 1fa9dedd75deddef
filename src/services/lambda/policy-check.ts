import type { Sender } from '../../aws/ports/delivery.ts'
import type { Statement } from './store.ts'

/** Who asks, as far as policies can tell. What is absent no condition finds. */
export type PolicyCaller = Pick<Sender, 'accountId' | 'roleArn'> & {
  /** A service (`s3.amazonaws.com`), an account's id, or an ARN of IAM or STS. */
  readonly principal: string
  readonly sourceArn?: string
  readonly organizationId?: string
  readonly eventSourceToken?: string
  readonly functionUrlAuthType?: 'NONE' | 'AWS_IAM'
  readonly isViaFunctionUrl?: boolean
}

/**
 * Whether a resource policy lets `caller` do `action` (`lambda:InvokeFunction`): a statement allows it, and none
 * denies it (AWS IAM User Guide, "Policy evaluation logic"). What an account's own policies grant its principals
 * is not looked at.
 */
export function isAllowed(policy: readonly Statement[], action: string, caller: PolicyCaller): boolean {
  const applies = (statement: Statement) =>
    isMeant(statement.Principal, caller) && matchesAny(statement.Action, action)
  const that = policy.filter(applies)
  const context = contextOf(caller)
  const denied = that.some((one) => one.Effect === 'Deny' && holds(one.Condition, context, true))
  return !denied && that.some((one) => one.Effect === 'Allow' && holds(one.Condition, context, false))
}

type Context = ReadonlyMap<string, string>

function contextOf(caller: PolicyCaller): Context {
  const { accountId, sourceArn, organizationId, eventSourceToken, functionUrlAuthType } = caller
  const arn = caller.roleArn ?? (caller.principal.startsWith('arn:') ? caller.principal : undefined)
  const isService = caller.roleArn === undefined && isServiceName(caller.principal)
  const values: Record<string, string | undefined> = {
    'aws:sourcearn': sourceArn,
    'aws:sourceaccount': isService ? accountId : undefined,
    'aws:principalarn': arn,
    'aws:principalaccount': isService ? undefined : accountId,
    'aws:principalisawsservice': String(isService),
    'aws:principalservicename': isService ? caller.principal : undefined,
    'aws:principalorgid': organizationId,
    'lambda:eventsourcetoken': eventSourceToken,
    'lambda:functionurlauthtype': functionUrlAuthType,
    'lambda:invokedviafunctionurl': caller.isViaFunctionUrl?.toString(),
  }
  return new Map(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** `"*"`, `{ "Service": … }`, `{ "AWS": … }`, each one text or a list. */
function isMeant(principal: unknown, caller: PolicyCaller): boolean {
  if (principal === '*') return true
  if (typeof principal !== 'object' || principal === null) return false
  const { Service, AWS } = principal as { Service?: unknown; AWS?: unknown }
  const acts = caller.roleArn ?? caller.principal
  if (isServiceName(acts)) return textsOf(Service).includes(acts)
  return textsOf(AWS).some((named) => named === '*' || isIdentity(named, acts, caller.accountId))
}

/** The account's root stands for everybody in it. */
function isIdentity(named: string, acts: string, accountId: string): boolean {
  if (named === acts || named === accountId) return true
  if (/^arn:aws[a-zA-Z-]*:iam::(\d{12}):root$/.exec(named)?.[1] === accountId) return true
  return roleOfSession(acts) === named
}

/** A session of a role is the role: `arn:aws:sts::1:assumed-role/r/s` is `arn:aws:iam::1:role/r`. */
function roleOfSession(arn: string): string | undefined {
  const [, partition, account, role] = /^arn:([^:]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn) ?? []
  return role === undefined ? undefined : `arn:${partition}:iam::${account}:role/${role}`
}

function isServiceName(principal: string): boolean {
  return /^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+$/.test(principal)
}

function matchesAny(patterns: unknown, action: string): boolean {
  return textsOf(patterns).some((pattern) => like(pattern.toLowerCase(), action.toLowerCase()))
}

/** All operators and all keys must hold. What is not understood never allows, and always denies. */
function holds(condition: unknown, context: Context, ifUnknown: boolean): boolean {
  if (condition === undefined) return true
  if (typeof condition !== 'object' || condition === null) return ifUnknown
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys as object).every(([key, wanted]) =>
      holdsFor(operator, context.get(key.toLowerCase()), textsOf(wanted), ifUnknown),
    ),
  )
}

function holdsFor(
  operator: string,
  value: string | undefined,
  wanted: readonly string[],
  ifUnknown: boolean,
): boolean {
  const [, name = '', ifExists] = /^(?:ForAnyValue:|ForAllValues:)?(\w+?)(IfExists)?$/.exec(operator) ?? []
  if (name === 'Null') return wanted.includes(String(value === undefined))
  const negated = /^(String|Arn)Not/.test(name)
  const compare = COMPARISONS[name.replace(/^(String|Arn)Not/, '$1')]
  if (compare === undefined) return ifUnknown
  if (value === undefined) return ifExists !== undefined || negated
  return wanted.some((one) => compare(one, value)) !== negated
}

const COMPARISONS: Readonly<Record<string, (wanted: string, value: string) => boolean>> = {
  StringEquals: (wanted, value) => wanted === value,
  StringEqualsIgnoreCase: (wanted, value) => wanted.toLowerCase() === value.toLowerCase(),
  StringLike: like,
  Bool: (wanted, value) => wanted.toLowerCase() === value,
  // Both take wildcards, in each of the six parts by itself.
  ArnEquals: arnLike,
  ArnLike: arnLike,
}

function arnLike(pattern: string, arn: string): boolean {
  const [patterns, parts] = [partsOf(pattern), partsOf(arn)]
  return patterns.length === parts.length && patterns.every((one, i) => like(one, parts[i] as string))
}

function partsOf(arn: string): string[] {
  const parts = arn.split(':')
  return [...parts.slice(0, 5), parts.slice(5).join(':')]
}

/** `*` stands for any text, `?` for one character. */
function like(pattern: string, text: string): boolean {
  let [p, t, star, from] = [0, 0, -1, 0]
  while (t < text.length) {
    if (pattern[p] === '*') [star, from, p] = [p, t, p + 1]
    else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) [p, t] = [p + 1, t + 1]
    else if (star >= 0) [p, from, t] = [star + 1, from + 1, from + 1]
    else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String)
  return value === undefined || value === null ? [] : [String(value)]
}
