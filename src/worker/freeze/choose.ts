import type { Clock } from '../../base/clock.ts'
import type { Limiter } from '../limits/limits.ts'
import { cgroupV1Freezer, cgroupV2Freezer, freezerOfLimits } from './cgroups.ts'
import type { Freezer } from './freezer.ts'
import { signalFreezer } from './signals.ts'

/** The best that the machine allows. `name` is unique to the daemon. */
export function chooseFreezer(name: string, limiter: Limiter, clock: Clock): Freezer {
  if (process.platform !== 'linux') return signalFreezer
  if (limiter.name === 'cgroup-v2') return freezerOfLimits
  try {
    return cgroupV2Freezer(name, clock) ?? cgroupV1Freezer(name, clock) ?? signalFreezer
  } catch {
    // A layout that none of them knows.
    return signalFreezer
  }
}
