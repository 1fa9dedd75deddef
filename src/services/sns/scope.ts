/** What everything in SNS belongs to. */
export interface Scope {
  readonly accountId: string
  readonly region: string
}

export type Tags = Readonly<Record<string, string>>
