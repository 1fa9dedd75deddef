import type { ProtocolName, ServiceDefinition } from '../aws/service.ts'

/**
 * Says who sent a request. Called once for each, when the operation is known and before any of its body is
 * read. Throws an `AwsError` where the caller is not to be believed.
 */
export interface Authenticator {
  authenticate(request: SignedRequest): Authenticated | Promise<Authenticated>
  /** Says who signed a form of S3's: its fields are its signature. Their names are in lower case. */
  authenticateForm(fields: Readonly<Record<string, string>>): Authenticated | Promise<Authenticated>
}

/** A request as its client signed it: nothing decoded, nothing normalised. */
export interface SignedRequest {
  readonly method: string
  /** As it came: `/my-bucket//a%20b`. */
  readonly path: string
  /** As it came, without the question mark. */
  readonly search: string
  /**
   * Names in lower case; the values of repeated ones joined by `, `. HTTP/2's `:authority` is here too, and is
   * `host` where the request has none.
   */
  readonly headers: Readonly<Record<string, string>>
  /** Which service is called, and in which protocol: both decide how a refusal is worded. */
  readonly service: ServiceDefinition
  readonly protocol: ProtocolName
  /**
   * SHA-256 of the whole body in hex, for clients that send no `x-amz-content-sha256`. Reads the body into
   * memory, up to the operation's limit: not to be called for bodies that are streamed.
   */
  bodySha256(): Promise<string>
}

export interface Authenticated {
  readonly accountId: string
  readonly region: string
  readonly principalArn: string
  readonly accessKeyId: string
  /** Present where the signature also covers the body, and the body is still to be read. */
  readonly body?: BodyVerifier
}

/**
 * Checks a body against its signature while it is read, so that no body need be held. Each method throws an
 * `AwsError` where the two do not fit; what was read until then is thrown away.
 */
export interface BodyVerifier {
  /** The next bytes of the body; of the current chunk, where the body is aws-chunked. */
  update(bytes: Uint8Array): void
  /** An aws-chunked chunk is complete; the closing one, of size zero, too. */
  endChunk(signature: string | undefined): void
  /** The trailing headers as they are signed (`name:value\n` each), and `x-amz-trailer-signature`. */
  endTrailers(lines: string, signature: string | undefined): void
  /** The body has been read to its end. */
  end(): void
}
