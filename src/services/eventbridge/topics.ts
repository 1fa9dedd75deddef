import type { BusAddress } from './bus.ts'

/** Rules or archives of a bus have changed. */
export const BUS_CHANGED = 'eventbridge.bus'

export function busKey({ accountId, region, name }: BusAddress): string {
  return `${accountId}/${region}/${name}`
}
