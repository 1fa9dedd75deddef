/** A log stream: the events of one source, a Lambda environment for instance, in their order. */
export interface LogStream {
  readonly id: number
  readonly name: string
  readonly createdAt: number
  /** Absent until there is an event, as the two that follow. */
  readonly firstEventAt: number | undefined
  readonly lastEventAt: number | undefined
  readonly lastIngestedAt: number | undefined
}
