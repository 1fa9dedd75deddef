import {
  requiredCountOf,
  type Schema,
  schemaOf,
  subset,
  type Traits,
  traitsOf,
  tupleOf,
  UNIT,
} from './schema.ts'

/** Where in an HTTP message a member stands. */
export type Location =
  | 'body'
  | 'header'
  | 'label'
  | 'payload'
  | 'prefixHeaders'
  | 'query'
  | 'queryParams'
  | 'status'

export interface Member {
  readonly name: string
  readonly schema: Schema
  readonly traits: Traits
  readonly location: Location
  /** Its name there: of the header (lower case), of the query parameter, the prefix of the headers. */
  readonly wireName: string
  readonly required: boolean
}

/** An input, output or error structure, sorted by where its members go. */
export interface Shape {
  readonly schema: Schema
  readonly members: readonly Member[]
  /** The members that stand outside the body. */
  readonly bound: readonly Member[]
  /** The member that is the whole body, where one is. */
  readonly payload: Member | undefined
  /** The structure that the body holds, where the body is no payload. */
  readonly body: Schema | undefined
  /** The member that is a stream of events. */
  readonly eventStream: Member | undefined
  /** The members that are blobs and held in memory. */
  readonly blobs: readonly string[]
  /** An operation without input or output. */
  readonly isUnit: boolean
}

export type Direction = 'request' | 'response'

const NO_SHAPE: Shape = {
  schema: UNIT,
  members: [],
  bound: [],
  payload: undefined,
  body: undefined,
  eventStream: undefined,
  blobs: [],
  isUnit: true,
}

// One structure can serve both ways, and means something else each way.
const known = {
  request: new WeakMap<object, Shape>(),
  response: new WeakMap<object, Shape>(),
}

export function shapeOf(reference: unknown, direction: Direction): Shape {
  const schema = schemaOf(reference)
  if (!schema.isStructSchema()) return NO_SHAPE
  const tuple = tupleOf(schema)
  const found = known[direction].get(tuple)
  if (found !== undefined) return found
  const shape = sortMembers(schema, direction)
  known[direction].set(tuple, shape)
  return shape
}

function sortMembers(schema: Schema, direction: Direction): Shape {
  const members = membersOf(schema, direction)
  const inBody = members.filter((member) => member.location === 'body').map((member) => member.name)
  return {
    schema,
    members,
    bound: members.filter((member) => member.location !== 'body' && member.location !== 'payload'),
    payload: members.find((member) => member.location === 'payload'),
    body: inBody.length > 0 ? subset(schema, tupleOf(schema)[2], inBody) : undefined,
    eventStream: members.find((member) => member.schema.isStreaming() && member.schema.isStructSchema()),
    blobs: members.filter((member) => isBlob(member.schema)).map((member) => member.name),
    isUnit: false,
  }
}

function isBlob(schema: Schema): boolean {
  return schema.isBlobSchema() && !schema.isStreaming()
}

function membersOf(schema: Schema, direction: Direction): Member[] {
  const requiredCount = requiredCountOf(schema)
  return [...schema.structIterator()].map(([name, member], index) => {
    const traits = traitsOf(member)
    const [location, wireName] = boundTo(traits, direction)
    return { name, schema: member, traits, location, wireName, required: index < requiredCount }
  })
}

/** Labels and queries mean nothing in a response (API Gateway's `position` has both), nor a status in a request. */
function boundTo(traits: Traits, direction: Direction): [Location, string] {
  if (traits.httpPayload) return ['payload', '']
  if (traits.httpHeader) return ['header', traits.httpHeader.toLowerCase()]
  if (traits.httpPrefixHeaders !== undefined) return ['prefixHeaders', traits.httpPrefixHeaders.toLowerCase()]
  if (direction === 'response') return [traits.httpResponseCode ? 'status' : 'body', '']
  if (traits.httpLabel) return ['label', '']
  if (traits.httpQuery) return ['query', traits.httpQuery]
  if (traits.httpQueryParams) return ['queryParams', '']
  return ['body', '']
}
