/** One measured promise. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly limit: { readonly atMost?: number; readonly atLeast?: number }
  readonly unit: string
  /** The absolute numbers behind it, which hold for this machine only. */
  readonly detail: string
}
