import type { Changes } from '../../../store/changes.ts'
import { compile } from '../filter-pattern/match.ts'
import type { GroupKey } from '../group.ts'
import type { LogStore } from '../store.ts'
import { SUBSCRIPTIONS_CHANGED, type Subscription, subscriptionsKey } from './subscription.ts'

/** A subscription whose pattern has been read. */
export interface Subscriber {
  readonly subscription: Subscription
  /** Absent where it wants every event. */
  readonly wants?: (message: string) => boolean
}

/** Groups whose subscribers are in memory; the one unused for longest goes first, and costs a read when it comes again. */
const GROUPS_MAX = 10_000

const NOBODY: readonly Subscriber[] = []

/** Who has subscribed to each group, kept until a change is heard of: functions log to the same few groups. */
export class SubscriptionDirectory {
  readonly #store: Pick<LogStore, 'subscriptionsOf'>
  readonly #groups = new Map<string, Promise<readonly Subscriber[]>>()
  readonly unsubscribe: () => void

  constructor(store: Pick<LogStore, 'subscriptionsOf'>, changes: Changes) {
    this.#store = store
    this.unsubscribe = changes.subscribe(SUBSCRIPTIONS_CHANGED, (key) => {
      if (key === undefined) this.#groups.clear()
      else this.#groups.delete(key)
    })
  }

  find(group: GroupKey): Promise<readonly Subscriber[]> {
    const key = subscriptionsKey(group)
    const known = this.#groups.get(key) ?? this.#load(key, group)
    this.#groups.delete(key)
    this.#groups.set(key, known)
    const [oldest] = this.#groups.keys()
    if (this.#groups.size > GROUPS_MAX && oldest !== undefined) this.#groups.delete(oldest)
    return known
  }

  #load(key: string, group: GroupKey): Promise<readonly Subscriber[]> {
    const loading = this.#store
      .subscriptionsOf(group)
      .then((found) => (found.length === 0 ? NOBODY : found.map(subscriberOf)))
    loading.catch(() => {
      if (this.#groups.get(key) === loading) this.#groups.delete(key)
    })
    return loading
  }
}

function subscriberOf(subscription: Subscription): Subscriber {
  const wants = compile(subscription.pattern)
  return { subscription, ...(wants && { wants }) }
}
