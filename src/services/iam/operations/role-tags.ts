import { pageOf } from '../pages.ts'
import { changeRole, getRoleOf } from '../roles.ts'
import { mergeTags, readTags, toOutput, withoutTags } from '../tags.ts'
import type { IamOperation } from '../types.ts'

export const tagRole: IamOperation<'TagRole'> = async (deps, input, call) => {
  const added = readTags(input.Tags, 'ignored')
  await changeRole(deps, call, input.RoleName, (role) => ({
    ...role,
    tags: mergeTags(role.tags, added, 'ignored'),
  }))
  return {}
}

export const untagRole: IamOperation<'UntagRole'> = async (deps, input, call) => {
  await changeRole(deps, call, input.RoleName, (role) => ({
    ...role,
    tags: withoutTags(role.tags, input.TagKeys ?? [], 'ignored'),
  }))
  return {}
}

export const listRoleTags: IamOperation<'ListRoleTags'> = async ({ store }, input, call) => {
  const { tags } = await getRoleOf(store.account(call.accountId), input.RoleName)
  const { items, rest } = pageOf(tags, ({ key }) => key, input)
  return { Tags: items.map(toOutput), ...rest }
}
