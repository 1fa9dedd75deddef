import type { Call } from '../../../aws/operation.ts'
import type { PipesDeps, PipesOperation } from '../deps.ts'
import { pipeNotFound, validationError } from '../errors.ts'
import { type Pipe, pipeArn, pipeOfArn } from '../pipe.ts'
import type { PipesReader } from '../store.ts'

const TAGS_MAX = 50

export const tagResource: PipesOperation<'TagResource'> = (deps, input, call) =>
  changeTags(deps, call, input.resourceArn, (tags) => withTags(tags, input.tags))

export const untagResource: PipesOperation<'UntagResource'> = (deps, input, call) =>
  changeTags(deps, call, input.resourceArn, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !input.tagKeys?.includes(key))),
  )

export const listTagsForResource: PipesOperation<'ListTagsForResource'> = async ({ store }, input, call) => ({
  tags: (await existing(store, call, input.resourceArn)).tags,
})

async function changeTags(
  { store }: PipesDeps,
  call: Call,
  arn: string | undefined,
  change: (tags: Pipe['tags']) => Pipe['tags'],
): Promise<object> {
  await store.change(async (editor) => {
    const pipe = await existing(editor, call, arn)
    await editor.save(call, { ...pipe, tags: change(pipe.tags) })
  })
  return {}
}

async function existing(store: PipesReader, call: Call, arn = ''): Promise<Pipe> {
  const name = pipeOfArn(arn)?.name
  if (name === undefined || arn !== pipeArn(call, name)) throw validationError(`Invalid resourceArn ${arn}.`)
  const pipe = await store.find(call, name)
  if (pipe === undefined) throw pipeNotFound(name)
  return pipe
}

export function withTags(tags: Pipe['tags'], added: Readonly<Record<string, string>> = {}): Pipe['tags'] {
  const all = { ...tags, ...added }
  if (Object.keys(all).some((key) => key.toLowerCase().startsWith('aws:'))) {
    throw validationError('aws: prefixed tag key names are not allowed for external use.')
  }
  if (Object.keys(all).length > TAGS_MAX) throw validationError(`A pipe can have at most ${TAGS_MAX} tags.`)
  return all
}
