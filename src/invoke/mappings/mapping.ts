/** An event source mapping as its pollers know it. Any change of one makes another one of the same uuid. */
export interface Mapping {
  readonly uuid: string
  readonly sourceArn: string
  /** With the version or alias that its owner named. */
  readonly functionArn: string
  readonly batchSize: number
  readonly windowMs: number
  /** Patterns in the dialect of mappings; an event that one of them matches is passed on. None: all are. */
  readonly filters: readonly string[]
  /** `ReportBatchItemFailures`. */
  readonly reportsItemFailures: boolean
  readonly maximumConcurrency?: number | undefined
  /** Pollers of provisioned mode. */
  readonly provisionedPollers?: { readonly minimum: number; readonly maximum: number } | undefined
}

/** Where the mappings are that are to be polled: the control plane. */
export interface MappingSource {
  polled(): Promise<readonly Mapping[]>
  /** Told whenever one of them may have changed. Returns how to stop. */
  subscribe(listener: () => void): () => void
}

/** What became of one batch. */
export type BatchOutcome =
  /** JSON that the handler returned. */
  | { readonly kind: 'success'; readonly payload: Uint8Array }
  | { readonly kind: 'failed' }
  /** It never began: there was no concurrency left, or the function cannot be run just now. */
  | { readonly kind: 'throttled' }

/** The functions that mappings feed. */
export interface MappedFunctions {
  /** Runs the function and waits for its answer. Throws nothing that a function can cause. */
  invoke(functionArn: string, payload: Uint8Array, traceHeader: string | undefined): Promise<BatchOutcome>
  describe(functionArn: string): Promise<MappedFunction | undefined>
}

export interface MappedFunction {
  readonly timeoutMs: number
  /** Invocations at the same time that the function may have, reserved or of the account. */
  readonly concurrencyMax: number
}
