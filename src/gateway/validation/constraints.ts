import { readFile } from 'node:fs/promises'
import type { ServiceDefinition } from '../../aws/service.ts'

/** What a member's value must fulfil, as data/constraints has it. */
export interface Constraint {
  /** Of numbers the value; of texts, blobs, lists and maps the length. */
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  /** Of a list's elements; of a map's keys and values. */
  readonly member?: Constraint
  readonly key?: Constraint
  readonly value?: Constraint
}

/** Constraints of a service's structures: by structure, then by member. */
export type Constraints = Readonly<Record<string, Readonly<Record<string, Constraint>>>>

const FOLDER = new URL('../../../data/constraints/', import.meta.url)

export async function loadConstraints(definition: ServiceDefinition): Promise<Constraints> {
  if (definition.constraints === undefined) return {}
  const text = await readFile(new URL(`${definition.constraints}.json`, FOLDER), 'utf8')
  const { structures } = JSON.parse(text) as { structures: Constraints }
  if (definition.id === 's3') return asS3HasThem(structures)
  return definition.id === 'lambda' ? asLambdaHasThem(structures) : structures
}

/** What S3 refuses in words of its own, or takes in other spellings than its model's, is left to its operations. */
function asS3HasThem(structures: Constraints): Constraints {
  const corrected = structuredClone(structures) as Record<string, Record<string, Constraint>>
  for (const [structure, member] of S3_CHECKS_ITSELF) delete corrected[structure]?.[member]
  return corrected
}

const S3_CHECKS_ITSELF = [
  ['FilterRule', 'Name'],
  ['QueueConfiguration', 'Events'],
  ['TopicConfiguration', 'Events'],
  ['LambdaFunctionConfiguration', 'Events'],
  ['CreateBucketRequest', 'ObjectOwnership'],
  ['PutObjectRequest', 'StorageClass'],
  ['CopyObjectRequest', 'StorageClass'],
  ['CreateMultipartUploadRequest', 'StorageClass'],
  ['CopyObjectRequest', 'CopySource'],
  ['UploadPartCopyRequest', 'CopySource'],
] as const

/**
 * Where Lambda's server differs from its published model: its patterns also allow the regions of the European
 * Sovereign Cloud, timeouts end at 900 s, and an unknown runtime is answered by the operation, with another
 * error.
 */
function asLambdaHasThem(structures: Constraints): Constraints {
  const text = JSON.stringify(structures).replaceAll(/(?=\[a-z\]\{2\}\(\(?-gov\)?)/g, '(eusc-)?')
  const corrected = JSON.parse(text) as Record<string, Record<string, Constraint>>
  for (const name of ['CreateFunctionRequest', 'UpdateFunctionConfigurationRequest']) {
    const members = corrected[name]
    if (members === undefined) continue
    delete members.Runtime
    members.Timeout = { ...members.Timeout, max: 900 }
  }
  return corrected
}
