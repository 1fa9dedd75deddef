import { DeliveryError } from '../../aws/ports/delivery.ts'
import type { EventsPort } from '../../aws/ports/events.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { busOfArn } from './bus.ts'
import { busAccess } from './bus-access.ts'
import { makeEvent } from './event.ts'
import type { Incoming } from './intake.ts'
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
      const access = await busAccess(store, bus, sender.accountId)
      if (access === 'no such bus') {
        throw new DeliveryError(
          'NotFound',
          'ResourceNotFoundException',
          `Event bus ${bus.name} does not exist.`,
        )
      }
      if (access === 'no') {
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
      return (await busAccess(store, bus, bus.accountId)) === 'yes'
    },
  }
}
