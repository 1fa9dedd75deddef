import type { Readable } from 'node:stream'

/** Bytes that are kept under their SHA-256, in lower-case hex: code, layers, objects, large payloads. */
export interface BlobStore {
  /**
   * Keeps the bytes and resolves once they are durable. The same bytes are kept once. Where `source` throws
   * or holds more than `maxBytes` (`BlobTooLarge`), nothing stays behind.
   */
  put(source: Uint8Array | AsyncIterable<Uint8Array>, limits?: { readonly maxBytes?: number }): Promise<Blob>
  /**
   * Undefined where there is no such blob. The stream holds a file open: read it to its end, or destroy it.
   * What was opened can be read to its end even where the blob is deleted meanwhile.
   */
  open(sha256: string, range?: ByteRange): Promise<OpenBlob | undefined>
  /** A file on this machine with the blob's bytes, not to be changed; undefined where there is no such blob. */
  path(sha256: string): Promise<string | undefined>
  has(sha256: string): Promise<boolean>
  /** False where there was no such blob. */
  delete(sha256: string): Promise<boolean>
  /**
   * All blobs, in no order, for garbage collection. One that is put or deleted meanwhile may be among them
   * or not.
   */
  list(): AsyncIterable<ListedBlob>
}

export interface Blob {
  readonly sha256: string
  readonly size: number
}

export interface OpenBlob {
  /** Of the whole blob, in bytes, whatever the range. */
  readonly size: number
  readonly stream: Readable
}

/** Positions of the first and the last byte, as in HTTP's ranges; without `end`, to the blob's end. */
export interface ByteRange {
  readonly start: number
  readonly end?: number
}

export interface ListedBlob extends Blob {
  /**
   * When it was put last, in milliseconds since the epoch. Who collects garbage leaves young blobs alone:
   * what refers to them may be on its way.
   */
  readonly putAt: number
}
