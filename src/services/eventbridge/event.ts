/** An event as rules and targets see it (Amazon EventBridge User Guide, "Events"). */
export interface BusEvent {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  /** ISO 8601, whole seconds. */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: object
  /** Of events that a replay sends again. */
  readonly 'replay-name'?: string
}

export interface NewEvent {
  readonly id: string
  readonly source: string
  readonly detailType: string
  readonly detail: object
  readonly resources: readonly string[]
  readonly accountId: string
  readonly region: string
  /** Milliseconds since the epoch. */
  readonly time: number
}

export function makeEvent({
  id,
  source,
  detailType,
  detail,
  resources,
  accountId,
  region,
  time,
}: NewEvent): BusEvent {
  return {
    version: '0',
    id,
    'detail-type': detailType,
    source,
    account: accountId,
    time: `${new Date(time).toISOString().slice(0, 19)}Z`,
    region,
    resources,
    detail,
  }
}
