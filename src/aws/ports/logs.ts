import type { Sender } from './delivery.ts'

/** What other services ask of CloudWatch Logs. Throws `DeliveryError`. */
export interface LogsPort {
  /**
   * Makes the stream where it is missing; the group must be there, unless who acts as a role makes it. Times are
   * milliseconds since the epoch.
   */
  put(
    groupArn: string,
    stream: string,
    events: readonly { readonly timestamp: number; readonly message: string }[],
    sender: Sender,
    options?: { readonly makesGroup: true },
  ): Promise<void>
}
