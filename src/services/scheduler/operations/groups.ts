import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import type { SchedulerDeps, SchedulerOperation } from '../deps.ts'
import { groupExists, groupNotFound, invalidNextToken, validationError } from '../errors.ts'
import { DEFAULT_GROUP, type Group, groupArn } from '../schedule.ts'
import type { SchedulerReader } from '../store.ts'

const TAGS_MAX = 50

export const createScheduleGroup: SchedulerOperation<'CreateScheduleGroup'> = async (deps, input, call) => {
  const { Name: name = '', ClientToken } = input
  const now = deps.clock.now()
  const group: Group = {
    name,
    tags: withTags({}, input.Tags),
    createdAt: now,
    modifiedAt: now,
    ...(ClientToken !== undefined && { clientToken: ClientToken }),
  }
  await deps.store.change(async (editor) => {
    const before = await findGroup(editor, call, name)
    if (before?.clientToken !== undefined && before.clientToken === ClientToken) return
    if (before !== undefined) throw groupExists(name)
    await editor.saveGroup(call, group)
  })
  return { ScheduleGroupArn: groupArn(call, name) }
}

/** With its schedules, which AWS takes its time for: the group is seen DELETING there. */
export const deleteScheduleGroup: SchedulerOperation<'DeleteScheduleGroup'> = async (
  { store },
  input,
  call,
) => {
  const { Name: name = '' } = input
  if (name === DEFAULT_GROUP) throw validationError('The default schedule group cannot be deleted.')
  await store.change(async (editor) => {
    await existingGroup(editor, call, name)
    await editor.deleteGroup(call, name)
  })
  return {}
}

export const getScheduleGroup: SchedulerOperation<'GetScheduleGroup'> = async ({ store }, input, call) =>
  shown(call, await existingGroup(store, call, input.Name ?? ''))

export const listScheduleGroups: SchedulerOperation<'ListScheduleGroups'> = async (
  { store },
  input,
  call,
) => {
  const prefix = input.NamePrefix ?? ''
  const { limit, after = '' } = pageStart(input, invalidNextToken)
  const kept = await store.listGroups(call, {
    limit: limit + 1,
    after,
    ...(input.NamePrefix !== undefined && { prefix }),
  })
  const hasDefault = kept.some(({ name }) => name === DEFAULT_GROUP)
  const isWanted = !hasDefault && DEFAULT_GROUP.startsWith(prefix) && DEFAULT_GROUP > after
  const all = isWanted ? [...kept, untouchedGroup()].sort((a, b) => (a.name < b.name ? -1 : 1)) : kept
  const { shown: page, rest } = pageOf(all, limit, ({ name }) => name)
  return { ScheduleGroups: page.map((group) => shown(call, group)), ...rest }
}

export const tagResource: SchedulerOperation<'TagResource'> = (deps, input, call) =>
  changeTags(deps, call, input.ResourceArn, (tags) => withTags(tags, input.Tags))

export const untagResource: SchedulerOperation<'UntagResource'> = (deps, input, call) =>
  changeTags(deps, call, input.ResourceArn, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys?.includes(key))),
  )

export const listTagsForResource: SchedulerOperation<'ListTagsForResource'> = async (
  { store },
  input,
  call,
) => {
  const { tags } = await existingGroup(store, call, nameIn(input.ResourceArn, call))
  return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }
}

async function changeTags(
  { store, clock }: SchedulerDeps,
  call: Call,
  arn: string | undefined,
  change: (tags: Group['tags']) => Group['tags'],
): Promise<object> {
  const name = nameIn(arn, call)
  await store.change(async (editor) => {
    const group = await existingGroup(editor, call, name)
    await editor.saveGroup(call, { ...group, tags: change(group.tags), modifiedAt: clock.now() })
  })
  return {}
}

/** Groups alone have tags. */
function nameIn(arn: string | undefined, call: Call): string {
  const name = arn?.match(/:schedule-group\/([^/]+)$/)?.[1]
  if (name === undefined || arn !== groupArn(call, name))
    throw validationError(`Invalid ResourceArn ${arn ?? ''}.`)
  return name
}

function withTags(
  tags: Group['tags'],
  added: readonly { readonly Key: string | undefined; readonly Value: string | undefined }[] | undefined,
): Group['tags'] {
  const all = {
    ...tags,
    ...Object.fromEntries((added ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  }
  if (Object.keys(all).some((key) => key.toLowerCase().startsWith('aws:'))) {
    throw validationError('aws: prefixed tag key names are not allowed for external use.')
  }
  if (Object.keys(all).length > TAGS_MAX)
    throw validationError(`A schedule group can have at most ${TAGS_MAX} tags.`)
  return all
}

export async function isGroup(store: SchedulerReader, call: Call, name: string): Promise<boolean> {
  return (await findGroup(store, call, name)) !== undefined
}

async function findGroup(store: SchedulerReader, call: Call, name: string): Promise<Group | undefined> {
  return (await store.findGroup(call, name)) ?? (name === DEFAULT_GROUP ? untouchedGroup() : undefined)
}

async function existingGroup(store: SchedulerReader, call: Call, name: string): Promise<Group> {
  const group = await findGroup(store, call, name)
  if (group === undefined) throw groupNotFound(name)
  return group
}

function untouchedGroup(): Group {
  return { name: DEFAULT_GROUP, tags: {}, createdAt: 0, modifiedAt: 0 }
}

function shown(call: Call, { name, createdAt, modifiedAt }: Group) {
  return {
    Arn: groupArn(call, name),
    Name: name,
    State: 'ACTIVE' as const,
    ...(createdAt > 0 && { CreationDate: new Date(createdAt) }),
    ...(modifiedAt > 0 && { LastModificationDate: new Date(modifiedAt) }),
  }
}
