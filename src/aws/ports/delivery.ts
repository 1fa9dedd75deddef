/**
 * On whose behalf one service calls another: what the target's resource policy is held against, as
 * `Principal`, `aws:SourceAccount` and `aws:SourceArn` (AWS IAM User Guide, "AWS global condition context keys").
 */
export interface Sender {
  /** `sns.amazonaws.com` */
  readonly principal: string
  readonly accountId: string
  /** The topic, rule, bucket, schedule or function that sends. */
  readonly sourceArn: string
  /** The role that the sender acts as, where it was given one. */
  readonly roleArn?: string
}

/** Why a target did not take what it was sent. */
export type DeliveryFault =
  /** The target is not there: trying again helps only if it comes back. */
  | 'NotFound'
  /** Its policy does not let the sender in. */
  | 'AccessDenied'
  /** What was sent is not what it takes: too large, without a message group. */
  | 'Invalid'
  /** It takes no more just now. */
  | 'Throttled'
  /** It failed, or its service is not in lambdad. */
  | 'Unavailable'

/** A target did not take what it was sent. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  readonly fault: DeliveryFault
  /** In the target's own words, as records of failed deliveries show it: `AWS.SimpleQueueService.NonExistentQueue`. */
  readonly code: string

  constructor(fault: DeliveryFault, code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.fault = fault
    this.code = code
  }

  /** Whether the same may be taken later without anybody changing anything. */
  get isTransient(): boolean {
    return this.fault === 'Throttled' || this.fault === 'Unavailable'
  }
}
