import { NormalizedSchema } from '@smithy/core/schema'

/**
 * A shape of a service's model, as the SDK clients carry it. `@smithy/core` gives the view; what the view
 * does not tell (how many members are required) is read from the tuple underneath.
 */
export type Schema = NormalizedSchema

/** Kinds of tuples, by their first element. */
export const STRUCTURE = 3
export const ERROR = -3
export const OPERATION = 9

/** `[kind, namespace, name, traits, memberNames, memberRefs, requiredCount]`: the required members come first. */
export type StructureTuple = readonly [
  kind: number,
  namespace: string,
  name: string,
  traits: number | Readonly<Record<string, unknown>>,
  memberNames: readonly string[],
  memberRefs: readonly unknown[],
  requiredCount?: number,
]

/** `[9, namespace, name, traits, input, output]`. */
export type OperationTuple = readonly [
  kind: number,
  namespace: string,
  name: string,
  traits: number | { readonly http?: readonly [method: string, uri: string, code: number] },
  input: unknown,
  output: unknown,
]

/** The traits that the gateway reads. `@smithy/core` types them as unknown. */
export interface Traits {
  readonly httpLabel?: number
  readonly httpPayload?: number
  readonly httpHeader?: string
  readonly httpPrefixHeaders?: string
  readonly httpQuery?: string
  readonly httpQueryParams?: number
  readonly httpResponseCode?: number
  readonly httpError?: number
  readonly error?: 'client' | 'server'
  readonly awsQueryError?: readonly [code: string, status: number]
  readonly streaming?: number
  readonly mediaType?: string
  readonly xmlName?: string
  readonly xmlFlattened?: number
  readonly eventHeader?: number
  readonly eventPayload?: number
  readonly sensitive?: number
  /** A list or map that may hold nulls. */
  readonly sparse?: number
}

export const UNIT: Schema = schemaOf('unit')

/** `DOCUMENT` writes whatever it is given, as it is. */
export const DOCUMENT: Schema = schemaOf(15)

export function schemaOf(reference: unknown): Schema {
  return NormalizedSchema.of(reference as Parameters<typeof NormalizedSchema.of>[0])
}

export function traitsOf(schema: Schema): Traits {
  return schema.getMergedTraits() as Traits
}

export function tupleOf(schema: Schema): StructureTuple {
  return schema.getSchema() as unknown as StructureTuple
}

/** How many members of a structure, counted from its first, must be there. */
export function requiredCountOf(schema: Schema): number {
  return tupleOf(schema)[6] ?? 0
}

/** The same structure with only these members, under another name. */
export function subset(structure: Schema, name: string, members: readonly string[]): Schema {
  const [, namespace, , traits, names, references] = tupleOf(structure)
  const kept = members.map((member) => references[names.indexOf(member)])
  return schemaOf([STRUCTURE, namespace, name, traits, members, kept])
}
