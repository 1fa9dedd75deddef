import type { Sender } from './delivery.ts'

export interface BusEvent {
  readonly source: string
  readonly detailType: string
  /** A JSON object, as text. */
  readonly detail: string
  readonly resources: readonly string[]
  /** Milliseconds since the epoch; now where absent. */
  readonly time?: number
  readonly traceHeader?: string
}

/** What other services ask of EventBridge. Throws `DeliveryError`. */
export interface EventsPort {
  busExists(busArn: string): Promise<boolean>
  /** Durable when it resolves. Services of AWS itself send to `event-bus/default`, whatever its policy. */
  put(busArn: string, event: BusEvent, sender: Sender): Promise<{ readonly eventId: string }>
}
