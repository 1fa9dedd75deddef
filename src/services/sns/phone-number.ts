import { invalidParameter, invalidSmsEndpoint } from './errors.ts'

/** E.164, with or without its plus. */
const E164 = /^\+?[1-9]\d{1,14}$/

/** Dots, dashes and slashes may stand between digits, one at a time. */
export function checkSmsEndpoint(endpoint: string): void {
  const isSeparated = !/[./-]{2}|^[./-]|[./-]$/.test(endpoint)
  if (!isSeparated || !E164.test(digitsOf(endpoint))) throw invalidSmsEndpoint(endpoint)
}

/** The number of a Publish. */
export function checkPhoneNumber(number: string): void {
  if (!E164.test(number)) throw invalidParameter(`PhoneNumber Reason: ${number} is not valid to publish to`)
}

/** By which two ways of writing a number are the same. */
export function digitsOf(number: string): string {
  return number.replaceAll(/[./-]/g, '')
}
