import { alreadyExists, limitExceeded } from '../errors.ts'
import { uniqueId } from '../ids.ts'
import { POLICIES_MAX } from '../limits.ts'
import { checkManagedDocument } from '../managed-document.ts'
import { listedPolicy, type ManagedPolicy } from '../policy.ts'
import { readTags, toOutput } from '../tags.ts'
import type { IamOperation } from '../types.ts'

export const createPolicy: IamOperation<'CreatePolicy'> = async ({ store, clock, random }, input, call) => {
  const { PolicyName: name = '', PolicyDocument: document = '' } = input
  const tags = readTags(input.Tags, 'kept')
  checkManagedDocument(document)

  const createdAt = clock.now()
  const policy: ManagedPolicy = {
    accountId: call.accountId,
    name,
    id: uniqueId('ANPA', random),
    path: input.Path ?? '/',
    ...(input.Description === undefined ? {} : { description: input.Description }),
    tags,
    versions: [{ number: 1, document, createdAt }],
    defaultVersion: 1,
    lastVersion: 1,
    createdAt,
    updatedAt: createdAt,
  }

  await store.change(call.accountId, async (account) => {
    if (await account.isPolicyNameTaken(name))
      throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`)
    if ((await account.listPolicies()).length >= POLICIES_MAX)
      throw limitExceeded(`Cannot exceed quota for PoliciesPerAccount: ${POLICIES_MAX}`)
    await account.savePolicy(policy)
  })
  const answer = listedPolicy(policy, { attachments: 0, boundaries: 0 })
  return { Policy: tags.length === 0 ? answer : { ...answer, Tags: tags.map(toOutput) } }
}
