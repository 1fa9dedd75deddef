import { invalidParameter } from './errors.ts'
import { policyText } from './policy.ts'
import type { Statement } from './store.ts'

/** The grammar of statements in resource policies (AWS IAM User Guide, "Grammar of the IAM JSON policy language"). */
const MEMBERS = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition'])
const OPERATORS =
  /^(?:String(?:Not)?(?:Equals|EqualsIgnoreCase|Like)|Arn(?:Not)?(?:Equals|Like)|Bool)(?:IfExists)?$|^Null$/

/**
 * The statements of a policy that somebody wrote, each on `resource` alone. Refuses what is no policy, and what
 * would not be understood when a caller is held against it.
 */
export function readPolicy(text: string, resource: string): Statement[] {
  const document = parsed(text)
  const { Version, Id, Statement: given, ...others } = document
  if (Version !== '2012-10-17') throw invalid('Version must be 2012-10-17')
  if (Id !== undefined && typeof Id !== 'string') throw invalid('Id must be a text')
  const [other] = Object.keys(others)
  if (other !== undefined) throw invalid(`it has a member ${other}`)
  const statements = Array.isArray(given) ? given : [given]
  if (statements.length === 0) throw invalid('it has no Statement')
  const read = statements.map((statement) => readStatement(statement, resource))
  const sids = read.flatMap(({ Sid }) => Sid ?? [])
  if (new Set(sids).size < sids.length) throw invalid('two statements have the same Sid')
  policyText(read)
  return read
}

function readStatement(given: unknown, resource: string): Statement {
  if (!isObject(given)) throw invalid('a Statement must be an object')
  const unknown = Object.keys(given).find((name) => !MEMBERS.has(name))
  if (unknown !== undefined) throw invalid(`${unknown} is not supported in a Statement`)
  const { Sid, Effect, Principal, Action, Resource, Condition } = given
  if (Sid !== undefined && typeof Sid !== 'string') throw invalid('Sid must be a text')
  if (Effect !== 'Allow' && Effect !== 'Deny') throw invalid('Effect must be Allow or Deny')
  if (!isPrincipal(Principal)) throw invalid('Principal must be "*", or have Service or AWS')
  if (!isTexts(Action, /^(\*|lambda:[a-zA-Z*]+)$/)) throw invalid('Action must name operations of lambda')
  if (![Resource].flat().every((one) => one === resource)) throw invalid(`Resource must be ${resource}`)
  if (Condition !== undefined && !isCondition(Condition)) throw invalid('Condition has an unknown operator')
  return {
    ...(Sid !== undefined && { Sid }),
    Effect,
    Principal,
    Action,
    Resource,
    ...(Condition !== undefined && { Condition }),
  }
}

function isPrincipal(principal: unknown): boolean {
  if (principal === '*') return true
  if (!isObject(principal) || Object.keys(principal).length === 0) return false
  return Object.entries(principal).every(
    ([kind, names]) => (kind === 'Service' || kind === 'AWS') && isTexts(names, /^\S+$/),
  )
}

function isCondition(condition: unknown): boolean {
  if (!isObject(condition)) return false
  return Object.entries(condition).every(
    ([operator, keys]) =>
      OPERATORS.test(operator) &&
      isObject(keys) &&
      Object.values(keys).every((values) => isTexts(values, /^/)),
  )
}

function isTexts(value: unknown, form: RegExp): boolean {
  const texts = [value].flat()
  return texts.length > 0 && texts.every((text) => typeof text === 'string' && form.test(text))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // It is no JSON, which is as bad.
  }
  throw invalid('it is no JSON object')
}

function invalid(reason: string) {
  return invalidParameter(`The provided policy is invalid: ${reason}.`)
}
