/** One event on its way to a handler. */
export interface Invocation {
  readonly requestId: string
  /** As the caller wrote it: with the alias or version where one was named. */
  readonly invokedFunctionArn: string
  /** The event, never parsed on the way. */
  readonly payload: Uint8Array
  /** `Root=1-…;Parent=…;Sampled=0`. */
  readonly traceHeader: string
  /** Decoded JSON text. */
  readonly clientContext?: string
  readonly cognitoIdentity?: string
  readonly tenantId?: string
}

/** What became of an invocation. */
export type Outcome =
  /** The handler returned. The payload is empty where the response was streamed. */
  | { readonly kind: 'success'; readonly payload: Uint8Array; readonly contentType: string }
  /**
   * The handler failed, or the environment did under it, which may be within a streamed response. The payload is the
   * error's JSON.
   */
  | { readonly kind: 'function-error'; readonly payload: Uint8Array; readonly errorType: string }
  /** No environment could be made: the caller of Invoke gets an error of the API, not of the function. */
  | { readonly kind: 'platform-error'; readonly code: PlatformErrorCode; readonly message: string }

/** The API errors by which Invoke says that an environment could not be made. */
export type PlatformErrorCode =
  | 'EFSMountFailureException'
  | 'InvalidRuntimeException'
  | 'InvalidZipFileException'
  | 'ResourceNotReadyException'
  | 'ServiceException'
