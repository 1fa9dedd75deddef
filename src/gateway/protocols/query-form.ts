import { serializationError } from '../errors.ts'
import { type Schema, traitsOf } from '../model/schema.ts'
import { xmlText } from './codecs.ts'

/** `Attribute.1.Name=x` as a tree: each part of the name is a branch. */
export interface FormNode {
  value?: string
  branches?: Map<string, FormNode>
}

/** The megabyte that PutMetricData may send holds some 25,000; each costs a branch of the tree. */
const FIELDS_MAX = 50_000
/** The deepest that AWS's inputs go is about 12; a caller's names must not grow the tree without end. */
const DEPTH_MAX = 32

export interface Form {
  readonly action: string | undefined
  readonly version: string | undefined
  readonly tree: FormNode
}

export function parseForm(text: string): Form {
  const fields = new URLSearchParams(text)
  if (fields.size > FIELDS_MAX) throw serializationError(`More than ${FIELDS_MAX} parameters.`)
  const tree: FormNode = {}
  for (const [name, value] of fields) leafOf(tree, name).value = value
  return { action: fields.get('Action') ?? undefined, version: fields.get('Version') ?? undefined, tree }
}

function leafOf(tree: FormNode, name: string): FormNode {
  let node = tree
  for (const part of name.split('.', DEPTH_MAX)) {
    node.branches ??= new Map()
    let branch = node.branches.get(part)
    if (branch === undefined) {
      branch = {}
      node.branches.set(part, branch)
    }
    node = branch
  }
  return node
}

/** The input of a Query operation: the inverse of what the SDK's clients write. */
export function readForm(schema: Schema, node: FormNode): unknown {
  if (schema.isStructSchema()) return readStructure(schema, node)
  if (schema.isListSchema()) return readList(schema, node)
  if (schema.isMapSchema()) return readMap(schema, node)
  return node.value === undefined ? undefined : xmlText.read(schema, node.value)
}

function readStructure(schema: Schema, node: FormNode): Record<string, unknown> {
  const structure: Record<string, unknown> = {}
  for (const [name, member] of schema.structIterator()) {
    const branch = node.branches?.get(traitsOf(member).xmlName ?? name)
    if (branch !== undefined) structure[name] = readForm(member, branch)
  }
  return structure
}

function readList(schema: Schema, node: FormNode): unknown[] {
  const element = schema.getValueSchema()
  const name = traitsOf(element).xmlName ?? 'member'
  const isFlat = traitsOf(schema).xmlFlattened
  const items = isFlat ? node : (node.branches?.get(name) ?? node.branches?.get('member'))
  return numbered(items).map((item) => readForm(element, item))
}

function readMap(schema: Schema, node: FormNode): Record<string, unknown> {
  const element = schema.getValueSchema()
  const keyName = traitsOf(schema.getKeySchema()).xmlName ?? 'key'
  const valueName = traitsOf(element).xmlName ?? 'value'
  const entries = traitsOf(schema).xmlFlattened ? node : node.branches?.get('entry')
  // The keys are the caller's: `__proto__` must be one like any other.
  const map: Record<string, unknown> = Object.create(null)
  for (const entry of numbered(entries)) {
    const key = entry.branches?.get(keyName)?.value ?? ''
    map[key] = readForm(element, entry.branches?.get(valueName) ?? {})
  }
  return map
}

/** The branches `1`, `2`, … in their order. */
function numbered(node: FormNode | undefined): FormNode[] {
  return [...(node?.branches ?? [])]
    .filter(([name]) => /^\d{1,9}$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, item]) => item)
}
