/** Whose fault an error is: it decides the status where none is given, and the envelope's Sender or Receiver. */
export type Fault = 'client' | 'server'

export interface AwsErrorOptions {
  /** HTTP status. Modelled errors take theirs from the model; this one counts where the model has none. */
  readonly status?: number
  /** Further members of the error's shape, in AWS's spelling: `{ Type: 'User', Reason: '…' }`. */
  readonly members?: Readonly<Record<string, unknown>>
  /** What awsQuery calls it, where no model says so and it is another name than `code`. */
  readonly queryCode?: string
  /** What S3 says of an error in headers, names in lower case: that there is a delete marker. */
  readonly headers?: Readonly<Record<string, string>>
  /** What awsQuery says, where it says it in other words than the JSON protocols. */
  readonly queryMessage?: string
  readonly cause?: unknown
}

/**
 * An error that a caller is meant to see, in AWS's words. `code` is the error's name as the service's model
 * has it (`ResourceNotFoundException`), or one of the common errors that no model lists (`AccessDenied`).
 */
export class AwsError extends Error {
  readonly code: string
  readonly status: number | undefined
  readonly queryCode: string
  readonly queryMessage: string
  readonly members: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(code: string, message: string, options: AwsErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = code
    this.code = code
    this.status = options.status
    this.queryCode = options.queryCode ?? code
    this.queryMessage = options.queryMessage ?? message
    this.members = options.members ?? {}
    this.headers = options.headers ?? {}
  }
}
