/** Who is calling, from where, and until when: all that an operation may know of the request. */
export interface Call {
  readonly accountId: string
  readonly region: string
  readonly principalArn: string
  readonly accessKeyId: string
  readonly requestId: string
  /** The base URL by which the client reached us, without a trailing slash: `http://127.0.0.1:4566`. */
  readonly endpoint: string
  /** The request's `X-Amzn-Trace-Id`, as it came. */
  readonly traceHeader: string | undefined
  /** Trailing headers of an aws-chunked body; filled once the body has been read to its end. */
  readonly trailers: Readonly<Record<string, string>>
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
}

/**
 * One operation of an AWS API. It knows nothing of HTTP: it gets decoded, validated input from an
 * authenticated caller, and returns the output or throws an `AwsError`.
 */
export type Operation<Deps, Input, Output> = (deps: Deps, input: Input, call: Call) => Promise<Output>

/** An operation that has been given its dependencies. */
export type BoundOperation = (input: never, call: Call) => Promise<unknown>

/** Gives each operation of a room what it needs. */
export function bindOperations<Deps, Name extends string>(
  operations: Readonly<Record<Name, Operation<Deps, never, unknown>>>,
  deps: Deps,
): Record<Name, BoundOperation> {
  const bound: Record<string, BoundOperation> = {}
  for (const [name, operation] of Object.entries<Operation<Deps, never, unknown>>(operations)) {
    bound[name] = (input, call) => operation(deps, input, call)
  }
  return bound
}
