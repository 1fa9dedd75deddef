import type { Readable } from 'node:stream'
import type { Call } from './operation.ts'

/** What a service answers to web pages beside the operations of its API: S3 does. */
export interface WebAccess {
  /**
   * Whether a page may send the request that it asks about (OPTIONS); the headers that say so.
   * @throws an `AwsError` where it may not
   */
  preflight(request: WebRequest): Promise<WebHeaders>
  /** The headers that let a page of another origin read the answer to its request: none where it may not. */
  corsHeaders(request: WebRequest): Promise<WebHeaders>
  /** A form that a page sent: S3's browser-based upload. */
  postForm(form: PostedForm, call: Call): Promise<PostedAnswer>
}

/** Names in lower case. */
export type WebHeaders = Readonly<Record<string, string>>

export interface WebRequest {
  readonly method: string
  readonly bucket: string
  /** Empty where the bucket itself is meant. */
  readonly key: string
  /** Names in lower case. */
  readonly headers: WebHeaders
}

/** A `multipart/form-data` body: what stands before the file, and the file, which is read as it comes. */
export interface PostedForm {
  readonly bucket: string
  /** Names in lower case. */
  readonly fields: WebHeaders
  readonly file: Readable
  readonly fileName: string
}

export interface PostedAnswer {
  readonly status: number
  readonly headers: WebHeaders
  /** The elements of the body, where there is one. */
  readonly body?: { readonly element: string; readonly members: WebHeaders }
}
