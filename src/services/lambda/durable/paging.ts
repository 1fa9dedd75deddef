import { invalidParameter } from '../errors.ts'

/** What AWS lists where the caller does not say; 0 says nothing, too. */
const DEFAULT_ITEMS = 100

export function pageSize(MaxItems: number | undefined): number {
  return MaxItems || DEFAULT_ITEMS
}

export function invalidMarker() {
  return invalidParameter('Invalid Marker')
}
