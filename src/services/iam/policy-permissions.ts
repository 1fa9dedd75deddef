import { malformedPolicy } from './errors.ts'
import { isPolicyDate } from './policy-dates.ts'
import { failsLegacyParsing, resourceProblem } from './policy-resources.ts'
import { checkSids, isObject, type Statement, strings } from './policy-statement.ts'

/** What a role may do, statements that are syntactically right: in the order in which IAM looks (recorded). */
export function checkPermissions(statements: readonly Statement[]): void {
  if (!statements.every(passesLegacyParsing)) throw malformedPolicy('The policy failed legacy parsing')
  for (const { Principal, NotPrincipal } of statements)
    if (Principal !== undefined || NotPrincipal !== undefined)
      throw malformedPolicy('Policy document should not specify a principal.')
  checkSids(statements)
  if (statements.some((statement) => actionsOf(statement).length === 0))
    throw malformedPolicy('Policy statement must contain actions.')
  if (statements.some((statement) => resourcesOf(statement).length === 0))
    throw malformedPolicy('Policy statement must contain resources.')
  for (const resource of statements.flatMap(resourcesOf)) {
    const problem = resourceProblem(resource)
    if (problem !== undefined) throw malformedPolicy(problem)
  }
  for (const action of statements.flatMap(actionsOf)) if (action !== '*') checkAction(action)
}

/** An older parser of IAM's, which says no more than that it failed. */
function passesLegacyParsing(statement: Statement): boolean {
  const { Effect, Condition } = statement
  if (Effect !== 'Allow' && Effect !== 'Deny') return false
  return datesOf(Condition).every(isPolicyDate) && !resourcesOf(statement).some(failsLegacyParsing)
}

function datesOf(condition: unknown): unknown[] {
  return Object.entries(condition ?? {})
    .filter(([operator, keys]) => /^(?:For\w+:)?Date/i.test(operator) && isObject(keys))
    .flatMap(([, keys]) => Object.values(keys as object).flat())
}

function actionsOf({ Action, NotAction }: Statement): string[] {
  return strings(Action ?? NotAction)
}

function resourcesOf({ Resource, NotResource }: Statement): string[] {
  return strings(Resource ?? NotResource)
}

function checkAction(action: string): void {
  const [vendor = '', ...rest] = action.split(':')
  if (rest.length === 0)
    throw malformedPolicy('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
  if (rest.length > 1) throw malformedPolicy('Actions/Condition can contain only one colon.')
  if (!/^[a-zA-Z0-9\-.]+$/.test(vendor)) throw malformedPolicy(`Vendor ${vendor} is not valid`)
}
