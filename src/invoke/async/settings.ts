/** How events of one function, version or alias are treated (AWS Lambda API Reference, "FunctionEventInvokeConfig"). */
export interface EventSettings {
  /** 0 to 2: of errors of the function itself. */
  readonly retriesMax: number
  readonly ageMaxSeconds: number
  /** ARNs: where the record of a success, or of a failure, goes. */
  readonly onSuccess?: string
  readonly onFailure?: string
  /** Where an event that failed goes, as it was. */
  readonly deadLetterArn?: string
}

export const DEFAULT_EVENT_SETTINGS: EventSettings = { retriesMax: 2, ageMaxSeconds: 21_600 }

/** AWS Lambda Developer Guide, "Lambda quotas": an event, as it was sent. */
export const EVENT_BYTES_MAX = 1_048_576
