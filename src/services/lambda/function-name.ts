import { AwsError } from '../../aws/error.ts'
import { invalidParameter, resourceNotFound, unqualifiedOnly, violation } from './errors.ts'
import { type FunctionKey, LATEST, type Scope } from './function.ts'

/** A function that a caller named, and the version or alias of it, where one was named. */
export interface FunctionReference {
  readonly key: FunctionKey
  readonly qualifier: string | undefined
}

/** Lambda's limit on a bare name. The model's, 140 or 256, is that of an ARN. */
const NAME_MAX = 64

/** Full ARN, partial ARN (`123456789012:function:name`, `function:name`) or name, each with or without qualifier. */
const FORMS =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?<region>[a-z]{2,4}(?:-[a-z]+)+-\d):)?(?:(?<accountId>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_.]+)(?::(?<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/

/**
 * Reads the forms in which Lambda takes a function's name. A qualifier in the name and one beside it must be
 * the same.
 */
export function readFunctionName(text: string, scope: Scope, qualifier?: string): FunctionReference {
  const { region, accountId, name = text, qualifier: derived } = FORMS.exec(text)?.groups ?? {}
  if (name.length > NAME_MAX) throw nameTooLong(text)
  if (region !== undefined && region !== scope.region) throw elsewhere(region, scope)
  if (accountId !== undefined && accountId !== scope.accountId) throw anotherAccount(accountId, scope)
  if (derived !== undefined && qualifier !== undefined && derived !== qualifier) throw qualifiersDiffer()
  return {
    key: { accountId: scope.accountId, region: scope.region, name },
    qualifier: qualifier ?? derived,
  }
}

/** The account in a full or partial ARN; undefined for names and for what is no function's. */
export function ownerNamedIn(text: string): string | undefined {
  return FORMS.exec(text)?.groups?.accountId
}

/** For operations on a whole function. `$LATEST` names no other thing than the function's own configuration. */
export function readUnqualifiedName(text: string, scope: Scope): FunctionKey {
  const { key, qualifier } = readFunctionName(text, scope)
  if (qualifier !== undefined && qualifier !== LATEST) throw unqualifiedOnly()
  return key
}

function nameTooLong(text: string): AwsError {
  return invalidParameter(
    violation('functionName', text, `Member must have length less than or equal to ${NAME_MAX}`),
  )
}

function elsewhere(region: string, scope: Scope): AwsError {
  return resourceNotFound(unreachable(region, scope))
}

/** AWS's has no text at all. */
function anotherAccount(accountId: string, scope: Scope): AwsError {
  return new AwsError(
    'AccessDeniedException',
    `Functions of account ${accountId} are not reachable from account ${scope.accountId}`,
    { status: 403 },
  )
}

function unreachable(region: string, scope: Scope): string {
  return `Functions from '${region}' are not reachable in this region ('${scope.region}')`
}

function qualifiersDiffer(): AwsError {
  return invalidParameter(
    'The derived qualifier from the function name does not match the specified qualifier.',
  )
}
