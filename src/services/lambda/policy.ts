import { invalidParameter, policyTooLong } from './errors.ts'
import type { Statement } from './store.ts'
import type { LambdaInput } from './types.ts'

type Permission = LambdaInput<'AddPermission'>

/** Lambda's limit on a resource policy, written as JSON (Developer Guide, "Lambda quotas"). */
const POLICY_BYTES_MAX = 20_480

/** The statement that AddPermission's parameters stand for; `resource` is the ARN that it allows calls of. */
export function toStatement(permission: Permission, resource: string): Statement {
  const Condition = conditionOf(permission)
  return {
    Sid: permission.StatementId ?? '',
    Effect: 'Allow',
    Principal: principalOf(permission.Principal ?? ''),
    Action: permission.Action,
    Resource: resource,
    ...(Object.keys(Condition).length > 0 && { Condition }),
  }
}

/** The statement that AddLayerVersionPermission's parameters stand for. */
export function toLayerStatement(
  permission: LambdaInput<'AddLayerVersionPermission'>,
  resource: string,
): Statement {
  const { OrganizationId, Principal } = permission
  if (OrganizationId !== undefined && Principal !== '*')
    throw invalidParameter('OrganizationId can be given with the principal * only.')
  return {
    Sid: permission.StatementId ?? '',
    Effect: 'Allow',
    Principal: principalOf(Principal ?? ''),
    Action: permission.Action,
    Resource: resource,
    ...(OrganizationId !== undefined && {
      Condition: { StringEquals: { 'aws:PrincipalOrgID': OrganizationId } },
    }),
  }
}

/** The policy as JSON text, or the refusal of one that is too long. */
export function policyText(statements: readonly Statement[]): string {
  const text = JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements })
  const size = Buffer.byteLength(text)
  if (size > POLICY_BYTES_MAX) throw policyTooLong(size, POLICY_BYTES_MAX)
  return text
}

const ACCOUNT = /^\d{12}$/
/** Of a user, a role, an account or an assumed role; `AROA…` and the like stand for deleted ones. */
const PRINCIPAL_ARN = /^arn:aws[a-zA-Z-]*:(iam|sts)::\d{12}:.+$/
/** `s3.amazonaws.com`, `logs.us-east-1.amazonaws.com`, `alexa-appkit.amazon.com`: in Amazon's own domains only. */
const SERVICE = /^([a-zA-Z0-9-]+\.)+(amazonaws\.com(\.cn)?|amazon\.com|alexa\.com)$/

function principalOf(principal: string): unknown {
  if (principal === '*') return '*'
  if (ACCOUNT.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` }
  if (PRINCIPAL_ARN.test(principal)) return { AWS: principal }
  if (SERVICE.test(principal)) return { Service: principal }
  throw invalidParameter('The provided principal was invalid. Please check the principal and try again.')
}

function conditionOf(permission: Permission): Record<string, Record<string, string>> {
  const equal = present({
    'AWS:SourceAccount': permission.SourceAccount,
    'aws:PrincipalOrgID': permission.PrincipalOrgID,
    'lambda:EventSourceToken': permission.EventSourceToken,
    'lambda:FunctionUrlAuthType': permission.FunctionUrlAuthType,
  })
  const like = present({ 'AWS:SourceArn': permission.SourceArn })
  const bool = present({ 'lambda:InvokedViaFunctionUrl': permission.InvokedViaFunctionUrl?.toString() })
  return {
    ...(equal && { StringEquals: equal }),
    ...(like && { ArnLike: like }),
    ...(bool && { Bool: bool }),
  }
}

/** The members that have a value, or undefined where none has. */
function present(members: Record<string, string | undefined>): Record<string, string> | undefined {
  const entries = Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
