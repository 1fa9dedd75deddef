import type { S3Deps, S3Operation } from '../deps.ts'
import { invalidArgument } from '../errors.ts'
import { findBucket } from '../find.ts'
import { encoder, entry, PAGE_MAX, readMaxKeys, rollUp } from '../listing.ts'
import type { ObjectVersion } from '../object.ts'

export const listObjectsV2: S3Operation<'ListObjectsV2'> = async (deps, input, call) => {
  const { Bucket: bucket = '', Prefix = '', Delimiter = '', EncodingType } = input
  const { accountId } = await findBucket(deps.store, input, call)
  const maxKeys = readMaxKeys(input.MaxKeys)
  const { ContinuationToken: token, StartAfter } = input
  const after = token === undefined ? StartAfter : readToken(token)
  const page = await listPage(deps, bucket, {
    prefix: Prefix,
    delimiter: Delimiter,
    maxKeys,
    after,
    isAfterPrefix: token !== undefined,
  })
  const encode = encoder(EncodingType)
  return {
    Name: bucket,
    Prefix: encode(Prefix),
    ...(Delimiter !== '' && { Delimiter: encode(Delimiter) }),
    MaxKeys: maxKeys,
    KeyCount: page.items.length + page.prefixes.length,
    IsTruncated: page.isTruncated,
    ...(EncodingType !== undefined && { EncodingType }),
    ...(token !== undefined && { ContinuationToken: token }),
    ...(token === undefined && StartAfter !== undefined && { StartAfter: encode(StartAfter) }),
    ...(page.isTruncated && page.last !== undefined && { NextContinuationToken: tokenOf(page.last) }),
    ...contents(page, encode, input.FetchOwner === true ? accountId : undefined),
  }
}

export const listObjects: S3Operation<'ListObjects'> = async (deps, input, call) => {
  const { Bucket: bucket = '', Prefix = '', Delimiter = '', Marker = '', EncodingType } = input
  const { accountId } = await findBucket(deps.store, input, call)
  const maxKeys = readMaxKeys(input.MaxKeys)
  const page = await listPage(deps, bucket, {
    prefix: Prefix,
    delimiter: Delimiter,
    maxKeys,
    after: Marker === '' ? undefined : Marker,
    isAfterPrefix: true,
  })
  const encode = encoder(EncodingType)
  return {
    Name: bucket,
    Prefix: encode(Prefix),
    Marker: encode(Marker),
    ...(Delimiter !== '' && { Delimiter: encode(Delimiter) }),
    MaxKeys: maxKeys,
    IsTruncated: page.isTruncated,
    ...(EncodingType !== undefined && { EncodingType }),
    // Without a delimiter, clients go on after the last key.
    ...(page.isTruncated && Delimiter !== '' && page.last !== undefined && { NextMarker: encode(page.last) }),
    ...contents(page, encode, accountId),
  }
}

interface Page {
  readonly items: readonly ObjectVersion[]
  readonly prefixes: readonly string[]
  readonly isTruncated: boolean
  readonly last: string | undefined
}

function listPage(
  { store }: S3Deps,
  bucket: string,
  asked: Omit<Parameters<typeof rollUp<ObjectVersion>>[0], 'read' | 'keyOf'>,
): Promise<Page> {
  return rollUp<ObjectVersion>({
    ...asked,
    keyOf: ({ key }) => key,
    read: (after, limit) =>
      store.objects(bucket, {
        prefix: asked.prefix,
        limit: Math.min(limit, PAGE_MAX + 1),
        ...(after !== undefined && { after }),
      }),
  })
}

function contents({ items, prefixes }: Page, encode: (text: string) => string, owner: string | undefined) {
  const shown = (item: ObjectVersion) => ({
    ...entry(item),
    Key: encode(item.key),
    ...(owner !== undefined && { Owner: { ID: owner } }),
  })
  return {
    ...(items.length > 0 && { Contents: items.map(shown) }),
    ...(prefixes.length > 0 && {
      CommonPrefixes: prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    }),
  }
}

function tokenOf(key: string): string {
  return Buffer.from(`1:${key}`).toString('base64')
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString()
  if (!text.startsWith('1:') || tokenOf(text.slice(2)) !== token) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token')
  }
  return text.slice(2)
}
