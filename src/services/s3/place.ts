import { AwsError } from '../../aws/error.ts'
import type { Cause } from './announce.ts'
import type { Bucket } from './bucket.ts'
import { refuseUnlessPut, type WriteConditions } from './conditions.ts'
import type { S3Deps } from './deps.ts'
import { noSuchBucket } from './errors.ts'
import type { EventName } from './notification.ts'
import { type Content, NO_VERSION, type ObjectFacts, type ObjectVersion, type StoredFile } from './object.ts'
import type { S3Editor } from './store.ts'

export interface NewObject {
  readonly bucket: string
  readonly key: string
  readonly content: Content
  readonly facts: ObjectFacts
  readonly conditions?: WriteConditions
  readonly event: EventName
  readonly cause: Cause
}

export interface Placed {
  readonly bucket: Bucket
  readonly version: ObjectVersion
}

/** Places what has just been written; where that is refused, the files are removed again. */
export async function placeNew(deps: S3Deps, object: NewObject): Promise<Placed> {
  try {
    return await place(deps, object)
  } catch (error) {
    // Of a commit that fails it is not known whether it happened: its files are left to the next start's sweep.
    if (error instanceof AwsError) await deps.files.remove(object.content.files)
    throw error
  }
}

/**
 * Makes `content`, whose files are written, the newest version of its key; `also` happens in the same write.
 * What it replaces is there until then, and gone afterwards.
 */
export async function place(
  { store, files, clock, random, announce }: S3Deps,
  { bucket: name, key, content, facts, conditions = {}, event, cause }: NewObject,
  also: (editor: S3Editor) => Promise<StoredFile[]> = async () => [],
): Promise<Placed> {
  const { placed, unwanted } = await store.change(async (editor) => {
    const bucket = await editor.bucket(name)
    if (bucket === undefined) throw noSuchBucket(name)
    refuseUnlessPut(conditions, (await editor.latest(name, key))?.version, key)
    const version = {
      ...facts,
      ...content,
      key,
      versionId: bucket.versioning === 'Enabled' ? newVersionId(random) : NO_VERSION,
      isDeleteMarker: false,
      modifiedAt: clock.now(),
    }
    const replaced = await editor.addVersion(name, version)
    await announce(editor.transaction, bucket, { event, version, cause })
    return { placed: { bucket, version }, unwanted: [...replaced, ...(await also(editor))] }
  })
  for (const file of content.files) files.kept(file)
  await files.remove(unwanted)
  return placed
}

/** 32 characters, as AWS's are. */
export function newVersionId(random: S3Deps['random']): string {
  return random.bytes(24).toString('base64url')
}
