import { parseArn } from '../../../aws/arn.ts'
import { AwsError } from '../../../aws/error.ts'
import type { Call, LogsDeps, LogsOperation } from '../deps.ts'
import { groupNotFound, resourceNotFound, tooManyTags } from '../errors.ts'
import { groupArn, type LogGroup, TAGS_MAX } from '../group.ts'
import { groupNamed } from '../lookup.ts'
import { checkTags } from '../tags.ts'

export const tagResource: LogsOperation<'TagResource'> = async (deps, input, call) => {
  await addTags(deps, await groupOfArn(deps, input.resourceArn ?? '', call), input.tags ?? {})
  return {}
}

export const untagResource: LogsOperation<'UntagResource'> = async (deps, input, call) => {
  await removeTags(deps, await groupOfArn(deps, input.resourceArn ?? '', call), input.tagKeys ?? [])
  return {}
}

export const listTagsForResource: LogsOperation<'ListTagsForResource'> = async (deps, input, call) => {
  const group = await groupOfArn(deps, input.resourceArn ?? '', call)
  return { tags: { ...group.tags } }
}

// The three before them, which AWS keeps for older clients.

export const tagLogGroup: LogsOperation<'TagLogGroup'> = async (deps, input, call) => {
  await addTags(deps, await groupNamed(deps, input.logGroupName ?? '', call), input.tags ?? {})
  return {}
}

export const untagLogGroup: LogsOperation<'UntagLogGroup'> = async (deps, input, call) => {
  await removeTags(deps, await groupNamed(deps, input.logGroupName ?? '', call), input.tags ?? [])
  return {}
}

export const listTagsLogGroup: LogsOperation<'ListTagsLogGroup'> = async (deps, input, call) => {
  const group = await groupNamed(deps, input.logGroupName ?? '', call)
  return { tags: { ...group.tags } }
}

async function addTags({ store }: LogsDeps, group: LogGroup, tags: Record<string, string>): Promise<void> {
  checkTags(tags)
  if (Object.keys({ ...group.tags, ...tags }).length > TAGS_MAX) throw tooManyTags(groupArn(group))
  if (!(await store.changeGroup(group, { addTags: tags }))) throw groupNotFound()
}

async function removeTags({ store }: LogsDeps, group: LogGroup, keys: readonly string[]): Promise<void> {
  if (!(await store.changeGroup(group, { removeTags: keys }))) throw groupNotFound()
}

/** Terraform adds the `:*` that other places want. */
async function groupOfArn(deps: LogsDeps, text: string, call: Call): Promise<LogGroup> {
  const arn = parseArn(text)
  const name = arn?.resource.match(/^log-group:([^:*]+)(:\*)?$/)?.[1]
  const isHere = arn?.accountId === call.accountId && arn.region === call.region
  if (arn?.service !== 'logs' || name === undefined || !isHere) throw resourceNotFound()
  return groupNamed(deps, name, call).catch((error) => {
    throw error instanceof AwsError ? resourceNotFound() : error
  })
}
