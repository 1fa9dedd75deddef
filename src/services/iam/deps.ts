import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { IamStore } from './store.ts'

/** What IAM's operations are given. */
export interface IamDeps {
  readonly store: IamStore
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
}
