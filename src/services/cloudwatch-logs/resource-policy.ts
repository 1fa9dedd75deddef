/** Lets services write to log groups of an account: EventBridge, for rules whose target is a group. */
export interface ResourcePolicy {
  readonly name: string
  /** As it was given: JSON. */
  readonly document: string
  readonly updatedAt: number
}

/** Of one account and region (CloudWatch Logs quotas). */
export const RESOURCE_POLICIES_MAX = 10
