import { parseArn } from '../../aws/arn.ts'
import { findAwsManagedPolicy, isAwsManaged } from './aws-managed-policies.ts'
import { awsPolicyIsFixed, invalidInput, noSuchPolicy, validationError } from './errors.ts'
import { type ManagedPolicy, type PolicyUsage, policyArn } from './policy.ts'
import type { Role } from './role.ts'
import type { IamEditor, IamReader } from './store.ts'

/** The policy of this account, or one of AWS. */
export async function findAnyPolicy(account: IamReader, arn: string): Promise<ManagedPolicy | undefined> {
  return isAwsManaged(arn) ? findAwsManagedPolicy(arn) : account.findPolicy(arn)
}

/** The same, refusing what does not exist. */
export async function getAnyPolicy(account: IamReader, arn: string): Promise<ManagedPolicy> {
  checkPolicyArn(arn)
  const policy = await findAnyPolicy(account, arn)
  if (policy === undefined) throw noSuchPolicy(arn)
  return policy
}

/** A policy that may be changed: of this account. `action` names the operation in the refusal. */
export async function getOwnPolicy(
  account: IamEditor,
  arn: string,
  action: string,
  missing = noSuchPolicy,
): Promise<ManagedPolicy> {
  checkPolicyArn(arn)
  if (isAwsManaged(arn)) throw awsPolicyIsFixed(action, arn)
  const policy = await account.findPolicy(arn)
  if (policy === undefined) throw missing(arn)
  return policy
}

export function checkPolicyArn(arn: string): void {
  if (!isPolicyArn(arn)) throw validationError(`ARN ${arn} is not valid.`)
}

export function checkBoundaryArn(arn: string): void {
  if (!isPolicyArn(arn)) throw invalidInput(`ARN ${arn} is not valid.`)
}

function isPolicyArn(text: string): boolean {
  const arn = parseArn(text)
  if (arn?.service !== 'iam' || arn.region !== '') return false
  return /^(aws|\d{12})$/.test(arn.accountId) && /^policy\/.+$/.test(arn.resource)
}

/** What the roles of an account make of each policy. */
export function usageIn(roles: readonly Role[]): (policy: ManagedPolicy) => PolicyUsage {
  const attachments = new Map<string, number>()
  const boundaries = new Map<string, number>()
  for (const role of roles) {
    for (const arn of role.attachedPolicies) attachments.set(arn, (attachments.get(arn) ?? 0) + 1)
    if (role.boundaryArn !== undefined)
      boundaries.set(role.boundaryArn, (boundaries.get(role.boundaryArn) ?? 0) + 1)
  }
  return (policy) => {
    const arn = policyArn(policy)
    return { attachments: attachments.get(arn) ?? 0, boundaries: boundaries.get(arn) ?? 0 }
  }
}
