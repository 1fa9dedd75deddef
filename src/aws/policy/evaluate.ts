import { type Context, conditionsHold, textsOf } from './conditions.ts'
import { isLike } from './like.ts'

/** A statement of a policy as its owner wrote it: of none of its members can be said what it is. */
export interface PolicyStatement {
  readonly Sid?: unknown
  readonly Effect?: unknown
  readonly Principal?: unknown
  readonly NotPrincipal?: unknown
  readonly Action?: unknown
  readonly NotAction?: unknown
  readonly Resource?: unknown
  readonly NotResource?: unknown
  readonly Condition?: unknown
}

export interface PolicyQuestion {
  /** `sqs:SendMessage` */
  readonly action: string
  /** The ARN of what is asked for; where it is absent, statements are all of one resource. */
  readonly resource?: string
  readonly context: Context
  /** Whether a `Principal` means who asks. */
  readonly isMeant: (principal: unknown) => boolean
}

/**
 * Whether a policy says yes: a statement allows it, and none denies it (AWS IAM User Guide, "Policy evaluation
 * logic").
 */
export function isAllowedBy(statements: readonly PolicyStatement[], question: PolicyQuestion): boolean {
  const that = statements.filter((statement) => applies(statement, question))
  const says = (effect: string, ifUnknown: boolean) =>
    that.some(
      ({ Effect, Condition }) => Effect === effect && conditionsHold(Condition, question.context, ifUnknown),
    )
  return !says('Deny', true) && says('Allow', false)
}

function applies(statement: PolicyStatement, { action, resource, isMeant }: PolicyQuestion): boolean {
  return (
    saysOf(statement.Principal, statement.NotPrincipal, isMeant) &&
    saysOf(statement.Action, statement.NotAction, (actions) => isAction(actions, action)) &&
    (resource === undefined ||
      saysOf(statement.Resource ?? '*', statement.NotResource, (arns) =>
        textsOf(arns).some((arn) => isLike(arn, resource)),
      ))
  )
}

/** `NotAction` and its like mean all but what they name. */
function saysOf(value: unknown, not: unknown, isMeant: (value: unknown) => boolean): boolean {
  return not === undefined ? isMeant(value) : !isMeant(not)
}

function isAction(patterns: unknown, action: string): boolean {
  return textsOf(patterns).some((pattern) => isLike(pattern.toLowerCase(), action.toLowerCase()))
}

/** The statements of a policy's text; what is no statement says nothing. */
export function statementsIn(policy: string | undefined): readonly PolicyStatement[] {
  if (!policy) return []
  const { Statement: statements = [] } = JSON.parse(policy)
  const list: unknown[] = Array.isArray(statements) ? statements : [statements]
  return list.filter((one): one is PolicyStatement => typeof one === 'object' && one !== null)
}
