import type { Call } from '../../../aws/operation.ts'
import type { SnsDeps, SnsOperation } from '../deps.ts'
import { resourceNotFound } from '../errors.ts'
import type { Tags } from '../scope.ts'
import type { SnsReader } from '../store.ts'
import { tagList, tagsFrom } from '../tags.ts'
import { type Topic, topicOfArn } from '../topic.ts'

export const tagResource: SnsOperation<'TagResource'> = (deps, { ResourceArn, Tags }, call) =>
  changeTags(deps, ResourceArn, call, (tags) => tagsFrom(Tags, tags))

export const untagResource: SnsOperation<'UntagResource'> = (deps, { ResourceArn, TagKeys }, call) =>
  changeTags(deps, ResourceArn, call, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys?.includes(key))),
  )

export const listTagsForResource: SnsOperation<'ListTagsForResource'> = async (
  { store },
  { ResourceArn },
  call,
) => ({ Tags: tagList((await tagged(store, ResourceArn, call)).tags) })

async function changeTags(
  { store }: SnsDeps,
  arn: string | undefined,
  call: Call,
  change: (tags: Tags) => Tags,
): Promise<object> {
  await store.change(async (editor) => {
    const topic = await tagged(editor, arn, call)
    await editor.saveTopic({ ...topic, tags: change(topic.tags) })
  })
  return {}
}

async function tagged(store: SnsReader, arn: string | undefined, call: Call): Promise<Topic> {
  const address = topicOfArn(arn ?? '')
  const isOurs = address?.accountId === call.accountId && address.region === call.region
  const topic = isOurs ? await store.findTopic(address) : undefined
  if (topic === undefined) throw resourceNotFound()
  return topic
}
