/** Of one topic, since each publication is one write for all of them. AWS's own limit is 12.5 million. */
export const SUBSCRIPTIONS_MAX = 1000
