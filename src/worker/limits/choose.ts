import type { Clock } from '../../base/clock.ts'
import { cgroupV1Limiter } from './cgroup-v1.ts'
import { cgroupV2Limiter } from './cgroup-v2.ts'
import type { Limiter } from './limits.ts'
import { pollingLimiter } from './polling.ts'

/** The best that the machine lets this process have. `name` is unique to the daemon. */
export function chooseLimiter(name: string, clock: Clock): Limiter {
  if (process.platform !== 'linux') return pollingLimiter()
  try {
    return cgroupV1Limiter(name, clock) ?? cgroupV2Limiter(name, clock) ?? pollingLimiter()
  } catch {
    // A layout that none of them knows.
    return pollingLimiter()
  }
}
