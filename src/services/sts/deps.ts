import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'

/** What STS asks of a role, wherever roles are kept. */
export interface AssumableRole {
  /** `AROA…` */
  readonly id: string
  readonly arn: string
  readonly maxSessionSeconds: number
}

/** What STS's operations are given. */
export interface StsDeps {
  readonly findRole: (accountId: string, roleName: string) => Promise<AssumableRole | undefined>
  /** Whether a role that nobody made can be assumed: where signatures are not verified either. */
  readonly open: boolean
  /** By which session credentials are sealed: the same on every node. */
  readonly masterKey: Buffer
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
}
