import { DeliveryError } from '../../aws/ports/delivery.ts'
import type { EventsPort } from '../../aws/ports/events.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { busOfArn, DEFAULT_BUS } from './bus.ts'
import { makeEvent } from './event.ts'
import type { Incoming } from './intake.ts'
import { takesEventsOf } from './policy.ts'
import type { ResourceReader } from './store.ts'

export interface PortDeps {
  readonly store: ResourceReader
  readonly clock: Clock
  readonly random: Random
  readonly takeIn: (incoming: readonly Incoming[]) => Promise<void>
}

/** What other services send to buses. */
export function createPort({ store, clock, random, takeIn }: PortDeps): EventsPort {
  return {
    put: async (busArn, event, sender) => {
      const bus = busOfArn(busArn)
      if (bus === undefined)
        throw new DeliveryError('Invalid', 'ValidationException', `${busArn} is no event bus`)
      const found = await store.find(bus, 'bus', bus.name)
      if (found === undefined && bus.name !== DEFAULT_BUS) {
        throw new DeliveryError(
          'NotFound',
          'ResourceNotFoundException',
          `Event bus ${bus.name} does not exist.`,
        )
      }
      if (sender.accountId !== bus.accountId && !takesEventsOf(found?.policy, bus, sender.accountId)) {
        throw new DeliveryError(
          'AccessDenied',
          'AccessDeniedException',
          `${busArn} does not take events of the account ${sender.accountId}.`,
        )
      }
      const detail: unknown = JSON.parse(event.detail)
      if (typeof detail !== 'object' || detail === null) {
        throw new DeliveryError('Invalid', 'MalformedDetail', 'Detail is malformed.')
      }
      const { traceHeader } = event
      const made = makeEvent({
        id: random.uuid(),
        source: event.source,
        detailType: event.detailType,
        detail,
        resources: event.resources,
        accountId: sender.accountId,
        region: bus.region,
        time: event.time ?? clock.now(),
      })
      await takeIn([{ bus, event: made, hops: 0, ...(traceHeader !== undefined && { traceHeader }) }])
      return { eventId: made.id }
    },
    busExists: async (busArn) => {
      const bus = busOfArn(busArn)
      if (bus === undefined) return false
      return bus.name === DEFAULT_BUS || (await store.find(bus, 'bus', bus.name)) !== undefined
    },
  }
}
