import type { Call } from '../../../aws/operation.ts'
import type { EventBridgeDeps, EventBridgeOperation } from '../deps.ts'
import type { Tags } from '../scope.ts'
import type { ResourceEditor, ResourceReader } from '../store.ts'
import { taggedResource, tagList, tagsFrom } from '../tags.ts'
import { existingBus } from './buses.ts'
import { existingRule } from './rules.ts'

export const tagResource: EventBridgeOperation<'TagResource'> = (deps, input, call) =>
  changeTags(deps, call, input.ResourceARN, (tags) => tagsFrom(tagList({ ...tags, ...tagsFrom(input.Tags) })))

export const untagResource: EventBridgeOperation<'UntagResource'> = (deps, input, call) =>
  changeTags(deps, call, input.ResourceARN, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys?.includes(key))),
  )

export const listTagsForResource: EventBridgeOperation<'ListTagsForResource'> = async (
  { store },
  input,
  call,
) => ({ Tags: tagList((await tagged(store, call, input.ResourceARN)).resource.tags) })

async function changeTags(
  { store }: EventBridgeDeps,
  call: Call,
  arn: string | undefined,
  change: (tags: Tags) => Tags,
): Promise<object> {
  await store.change(async (editor) => {
    const found = await tagged(editor, call, arn)
    await saveTags(editor, call, found, change(found.resource.tags))
  })
  return {}
}

async function tagged(store: ResourceReader, call: Call, arn: string | undefined) {
  const named = taggedResource(arn ?? '', call)
  if (named.kind === 'bus') return { kind: named.kind, resource: await existingBus(store, call, named.name) }
  return { kind: named.kind, resource: await existingRule(store, call, named.name, named.bus) }
}

function saveTags(
  editor: ResourceEditor,
  call: Call,
  found: Awaited<ReturnType<typeof tagged>>,
  tags: Tags,
): Promise<void> {
  if (found.kind === 'bus') return editor.save(call, 'bus', { ...found.resource, tags })
  return editor.retag(call, { ...found.resource, tags })
}
