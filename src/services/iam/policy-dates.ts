const DATE = '-?\\d{1,9}(?:-(?:0?[1-9]|1[0-2])(?:-(?:0?[1-9]|[12]\\d|3[01]))?)?'
const ZONE = '(?:z|[+-](?:[01]\\d|2[0-3])(?::?[0-5]\\d)?)?'
const TIME = `(?:(?:[01]?\\d|2[0-3])(?::[0-5]?\\d(?::[0-5]?\\d(?:\\.\\d{1,9})?)?)?)?`
const DATE_TIME = new RegExp(`^${DATE}(?:t${TIME}${ZONE})?$`, 'i')
const INT64_MAX = 2n ** 63n - 1n

/** A date of ISO 8601, of which the end may be missing, or seconds since 1970. */
export function isPolicyDate(value: unknown): boolean {
  const text = String(value)
  if (!/^-?\d+$/.test(text)) return DATE_TIME.test(text)
  const seconds = BigInt(text)
  return seconds <= INT64_MAX && seconds >= -INT64_MAX - 1n
}
