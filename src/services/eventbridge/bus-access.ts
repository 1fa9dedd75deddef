import { type BusAddress, DEFAULT_BUS } from './bus.ts'
import { takesEventsOf } from './policy.ts'
import type { ResourceReader } from './store.ts'

/** Whether a bus takes events of an account: of its own always, of others as its policy says. */
export async function busAccess(
  store: ResourceReader,
  bus: BusAddress,
  accountId: string,
): Promise<'yes' | 'no' | 'no such bus'> {
  const found = await store.find(bus, 'bus', bus.name)
  if (found === undefined && bus.name !== DEFAULT_BUS) return 'no such bus'
  return bus.accountId === accountId || takesEventsOf(found?.policy, bus, accountId) ? 'yes' : 'no'
}
