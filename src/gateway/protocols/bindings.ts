import { splitEvery, splitHeader } from '@smithy/core/serde'
import { serializationError } from '../errors.ts'
import type { HttpRequest } from '../http.ts'
import type { Schema } from '../model/schema.ts'
import type { Member, Shape } from '../model/shape.ts'
import type { TextCodec } from './codecs.ts'
import type { Input, Output, Route } from './protocol.ts'

// REST protocols put members into labels, query, headers and status: here they are taken out and put in.

type Headers = HttpRequest['headers']

/** The members of the input that stand outside the body. */
export function readBindings(route: Route, request: HttpRequest, headers: Headers, text: TextCodec): Input {
  const input: Input = {}
  for (const member of route.operation.input.bound) {
    const value = readMember(member, route, request, headers, text)
    if (value !== undefined) input[member.name] = value
  }
  return input
}

function readMember(
  member: Member,
  route: Route,
  request: HttpRequest,
  headers: Headers,
  text: TextCodec,
): unknown {
  switch (member.location) {
    case 'label':
      return readLabel(member, route.labels[member.name], text)
    case 'query':
      return readQuery(member, request.query, text)
    case 'queryParams':
      return readOtherQuery(member, route, request.query)
    case 'header':
      return readHeader(member, headers[member.wireName], text)
    case 'prefixHeaders':
      return readPrefixHeaders(member.wireName, headers)
    default:
      return undefined
  }
}

function readLabel(member: Member, label: string | undefined, text: TextCodec): unknown {
  if (label === undefined) return undefined
  try {
    return text.read(member.schema, decodeURIComponent(label))
  } catch (error) {
    if (error instanceof URIError) throw serializationError('The path is not percent-encoded UTF-8.', error)
    throw error
  }
}

function readQuery(member: Member, query: URLSearchParams, text: TextCodec): unknown {
  const values = query.getAll(member.wireName)
  if (values[0] === undefined) return undefined
  if (!member.schema.isListSchema()) return text.read(member.schema, values[0])
  const element = member.schema.getValueSchema()
  return values.map((value) => text.read(element, value))
}

/** All parameters that mean nothing else to the operation. */
function readOtherQuery(member: Member, route: Route, query: URLSearchParams): Record<string, unknown> {
  const { input, http } = route.operation
  const taken = new Set([
    ...(http?.query ?? []).map(([name]) => name),
    ...input.bound.filter(({ location }) => location === 'query').map(({ wireName }) => wireName),
  ])
  const isList = member.schema.getValueSchema().isListSchema()
  const others: Record<string, unknown> = Object.create(null)
  for (const name of query.keys()) {
    if (!taken.has(name)) others[name] = isList ? query.getAll(name) : query.get(name)
  }
  return others
}

function readHeader(member: Member, value: string | undefined, text: TextCodec): unknown {
  if (value === undefined) return undefined
  if (!member.schema.isListSchema()) return text.read(member.schema, value)
  const element = member.schema.getValueSchema()
  const parts = holdsComma(element) ? splitEvery(value, ',', 2) : splitHeader(value)
  return parts.map((part) => text.read(element, part.trim()))
}

/** `Mon, 16 Dec 2019 23:48:18 GMT`: timestamps in headers, unless their format is set to another. */
function holdsComma(element: Schema): boolean {
  const [dateTime, epochSeconds] = [5, 7]
  const format = element.getSchema()
  return element.isTimestampSchema() && format !== dateTime && format !== epochSeconds
}

function readPrefixHeaders(prefix: string, headers: Headers): Record<string, string> | undefined {
  const names = Object.keys(headers).filter((name) => name.startsWith(prefix))
  if (names.length === 0) return undefined
  const found: Record<string, string> = Object.create(null)
  for (const name of names) found[name.slice(prefix.length)] = headers[name] as string
  return found
}

/** Puts the members of an output that stand outside the body into `headers`, and returns its status, if it has one. */
export function writeBindings(
  shape: Shape,
  output: Output,
  headers: Record<string, string>,
  text: TextCodec,
): number | undefined {
  let status: number | undefined
  for (const member of shape.bound) {
    const value = output[member.name]
    if (value === undefined || value === null) continue
    if (member.location === 'status') status = value as number
    else if (member.location === 'header') headers[member.wireName] = text.write(member.schema, value)
    else writePrefixHeaders(member.wireName, value, headers)
  }
  return status
}

function writePrefixHeaders(prefix: string, values: object, headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) headers[prefix + name.toLowerCase()] = String(value)
}
