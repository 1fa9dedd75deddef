import { shapeOf } from '../model/shape.ts'
import type { Codec } from './codecs.ts'
import type { ErrorFacts } from './error-facts.ts'

/**
 * The body of an error as JSON: the members of its shape, with `message` also where the shape has none,
 * since clients look for one; and before them `__type`, where the protocol has one.
 */
export function writeErrorMembers(facts: ErrorFacts, codec: Codec, type?: string): string {
  const members = {
    ...(type === undefined ? {} : { __type: type }),
    ...modelledMembers(facts, codec),
    ...(facts.messageMember === undefined ? { message: facts.message } : {}),
  }
  return JSON.stringify(members)
}

function modelledMembers({ schema, members }: ErrorFacts, codec: Codec): object {
  if (schema === undefined) return members
  const { body } = shapeOf(schema, 'response')
  if (body === undefined) return {}
  return JSON.parse(Buffer.from(codec.write(body, members)).toString('utf8'))
}
