import { malformedPolicy, syntaxErrors } from './errors.ts'
import { checkPermissions } from './policy-permissions.ts'
import { isObject, type Statement, strings } from './policy-statement.ts'
import { checkTrust } from './policy-trust.ts'

/** A trust policy says who may assume a role; inline and managed policies say what a role may do. */
export type PolicyKind = 'trust' | 'inline' | 'managed'

const VERSIONS = ['2012-10-17', '2008-10-17']
const TOP_KEYS = new Set(['Version', 'Id', 'Statement'])
const STATEMENT_KEYS = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
  'Principal',
  'NotPrincipal',
])
const OPERATOR =
  /^(?:For(?:AnyValue|AllValues):)?(?:(?:String(?:Not)?(?:Equals(?:IgnoreCase)?|Like)|Arn(?:Not)?(?:Equals|Like)|(?:Numeric|Date)(?:(?:Not)?Equals|(?:Less|Greater)Than(?:Equals)?)|Bool|BinaryEquals|(?:Not)?IpAddress)(?:IfExists)?|Null)$/i

/**
 * Refuses what is no policy in IAM's grammar, in the order in which IAM looks: what is wrong with one statement
 * is told only where no other is wrong in a way that comes first. Whether its actions and keys exist is not
 * looked at.
 */
export function checkPolicyDocument(text: string, kind: PolicyKind): void {
  const policy = parse(text, kind)
  for (const key of Object.keys(policy))
    if (!TOP_KEYS.has(key)) throw kind === 'trust' ? malformedPolicy(`Unknown field ${key}`) : syntaxErrors()
  if (policy.Id !== undefined && typeof policy.Id !== 'string') throw syntaxErrors()
  if (policy.Version !== undefined && !VERSIONS.includes(policy.Version as string)) throw syntaxErrors()

  const statements = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement]
  if (statements.length === 0) throw syntaxErrors()
  for (const statement of statements) checkSyntax(statement, kind)
  // Without a version a policy is of 2008, which managed policies may not be.
  if (kind === 'managed' && policy.Version !== VERSIONS[0])
    throw malformedPolicy('Policy document must be version 2012-10-17 or greater.')
  if (kind === 'trust') checkTrust(statements)
  else checkPermissions(statements)
}

/** IAM answers documents percent-encoded (RFC 3986). */
export function encodeDocument(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** How long a document is for IAM's quotas. */
export function documentLength(text: string): number {
  return text.replace(/\s/g, '').length
}

function parse(text: string, kind: PolicyKind): Record<string, unknown> {
  try {
    const policy: unknown = JSON.parse(text)
    if (isObject(policy)) return policy
  } catch {
    if (kind === 'trust') throw malformedPolicy('This policy contains invalid Json')
  }
  throw syntaxErrors()
}

function checkSyntax(statement: unknown, kind: PolicyKind): asserts statement is Statement {
  if (!isObject(statement)) throw syntaxErrors()
  for (const key of Object.keys(statement))
    if (!STATEMENT_KEYS.has(key))
      throw kind === 'trust' ? malformedPolicy(`Unknown field ${key}`) : syntaxErrors()
  const { Sid, Effect, Condition } = statement
  if (Sid !== undefined && typeof Sid !== 'string') throw syntaxErrors()
  if (typeof Effect !== 'string' || !/^(allow|deny)$/i.test(Effect)) throw syntaxErrors()
  if (Condition !== undefined) checkCondition(Condition)
  if (kind === 'trust') return
  checkOneOf(statement.Action, statement.NotAction)
  checkOneOf(statement.Resource, statement.NotResource)
}

/** `{ "StringEquals": { "aws:SourceAccount": "123456789012" } }` */
function checkCondition(condition: unknown): void {
  if (!isObject(condition)) throw syntaxErrors()
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isObject(keys)) throw syntaxErrors()
    // An operator that compares nothing may be any.
    if (Object.keys(keys).length > 0 && !OPERATOR.test(operator)) throw syntaxErrors()
    for (const values of Object.values(keys))
      for (const value of Array.isArray(values) ? values : [values])
        if (!['string', 'number', 'boolean'].includes(typeof value)) throw syntaxErrors()
  }
}

function checkOneOf(value: unknown, inverted: unknown): void {
  if (value !== undefined && inverted !== undefined) throw syntaxErrors()
  strings(value ?? inverted)
}
