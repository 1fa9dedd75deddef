import { malformedPolicy } from './errors.ts'
import { checkActions, checkPrincipals, checkResources } from './policy-elements.ts'

/** A trust policy says who may assume a role; inline and managed policies say what a role may do. */
export type PolicyKind = 'trust' | 'inline' | 'managed'

export type Statement = Readonly<Record<string, unknown>>

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

/** Refuses what is no policy in IAM's grammar. Whether its actions and keys exist is not looked at. */
export function checkPolicyDocument(text: string, kind: PolicyKind): void {
  const policy = parse(text, kind)
  for (const key of Object.keys(policy))
    if (!TOP_KEYS.has(key)) throw kind === 'trust' ? malformedPolicy(`Unknown field ${key}`) : syntaxErrors()
  if (policy.Id !== undefined && typeof policy.Id !== 'string') throw syntaxErrors()
  checkVersion(policy.Version, kind)

  const statements = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement]
  if (statements.length === 0) throw syntaxErrors()
  for (const statement of statements) checkStatement(statement, kind)
  checkSids(statements)
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

/** Without a version a policy is of 2008, which managed policies may not be. */
function checkVersion(version: unknown, kind: PolicyKind): void {
  if (version !== undefined && !VERSIONS.includes(version as string)) throw syntaxErrors()
  if (kind === 'managed' && version !== VERSIONS[0])
    throw malformedPolicy('Policy document must be version 2012-10-17 or greater.')
}

function checkStatement(statement: unknown, kind: PolicyKind): void {
  if (!isObject(statement)) throw syntaxErrors()
  for (const key of Object.keys(statement))
    if (!STATEMENT_KEYS.has(key))
      throw kind === 'trust' ? malformedPolicy(`Unknown field ${key}`) : syntaxErrors()
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') throw syntaxErrors()
  if (statement.Condition !== undefined) checkCondition(statement.Condition)
  checkPrincipals(statement, kind)
  checkActions(statement, kind)
  checkResources(statement, kind)
}

/** `{ "StringEquals": { "aws:SourceAccount": "123456789012" } }` */
function checkCondition(condition: unknown): void {
  if (!isObject(condition)) throw syntaxErrors()
  for (const keys of Object.values(condition)) {
    if (!isObject(keys)) throw syntaxErrors()
    for (const values of Object.values(keys))
      for (const value of Array.isArray(values) ? values : [values])
        if (!['string', 'number', 'boolean'].includes(typeof value)) throw syntaxErrors()
  }
}

function checkSids(statements: readonly Statement[]): void {
  const sids = statements.map(({ Sid }) => Sid).filter((sid) => sid !== undefined)
  for (const sid of sids) {
    if (typeof sid !== 'string') throw syntaxErrors()
    if (!/^[0-9A-Za-z]*$/.test(sid))
      throw malformedPolicy(
        'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
      )
  }
  const named = sids.filter((sid) => sid !== '')
  if (new Set(named).size < named.length)
    throw malformedPolicy('Statement IDs (SID) in a single policy must be unique.')
}

export function syntaxErrors() {
  return malformedPolicy('Syntax errors in policy.')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
