import { pageOf } from '../pages.ts'
import { getAnyPolicy, getOwnPolicy } from '../policies.ts'
import { mergeTags, readTags, toOutput, withoutTags } from '../tags.ts'
import type { IamOperation } from '../types.ts'

export const tagPolicy: IamOperation<'TagPolicy'> = async ({ store }, { PolicyArn = '', Tags }, call) => {
  const added = readTags(Tags, 'kept')
  await store.change(call.accountId, async (account) => {
    const policy = await getOwnPolicy(account, PolicyArn, 'TagPolicy')
    await account.savePolicy({ ...policy, tags: mergeTags(policy.tags, added, 'kept') })
  })
  return {}
}

export const untagPolicy: IamOperation<'UntagPolicy'> = async (
  { store },
  { PolicyArn = '', TagKeys = [] },
  call,
) => {
  await store.change(call.accountId, async (account) => {
    const policy = await getOwnPolicy(account, PolicyArn, 'UntagPolicy')
    await account.savePolicy({ ...policy, tags: withoutTags(policy.tags, TagKeys, 'kept') })
  })
  return {}
}

export const listPolicyTags: IamOperation<'ListPolicyTags'> = async ({ store }, input, call) => {
  const { tags } = await getAnyPolicy(store.account(call.accountId), input.PolicyArn ?? '')
  const { items, rest } = pageOf(tags, ({ key }) => key, input)
  return { Tags: items.map(toOutput), ...rest }
}
