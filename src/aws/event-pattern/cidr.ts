import { isIPv4, isIPv6 } from 'node:net'
import { type CidrBlock, PatternError } from './pattern.ts'

/** Reads `10.0.0.0/24` or `2001:db8::/32`. */
export function parseCidr(text: string): CidrBlock {
  const [address = '', mask, ...rest] = text.split('/')
  if (mask === undefined || rest.length > 0) throw new PatternError("Malformed CIDR, one '/' required")
  if (!/^\d+$/.test(mask)) throw new PatternError('Malformed CIDR, mask bits must be an integer')
  const number = addressNumber(address)
  if (number === undefined) throw new PatternError(`Nonstandard IP address: ${address}`)
  const isIpv6 = isIPv6(address)
  const size = isIpv6 ? 128 : 32
  if (Number(mask) > size) {
    throw new PatternError(isIpv6 ? 'IPv6 mask bits must not be > 128' : 'IPv4 mask bits must not be > 32')
  }
  const free = BigInt(size - Number(mask))
  const first = (number >> free) << free
  return { isIpv6, first, last: first + (1n << free) - 1n }
}

export function isInBlock({ isIpv6, first, last }: CidrBlock, text: string): boolean {
  if (isIpv6 ? !isIPv6(text) : !isIPv4(text)) return false
  const number = addressNumber(text)
  return number !== undefined && number >= first && number <= last
}

function addressNumber(text: string): bigint | undefined {
  if (isIPv4(text)) return text.split('.').reduce((number, part) => number * 256n + BigInt(part), 0n)
  return isIPv6(text) && !text.includes('%') ? ipv6Number(text) : undefined
}

function ipv6Number(text: string): bigint {
  const [head = '', tail] = withoutIpv4Part(text).split('::')
  const groupsOf = (part: string) => (part === '' ? [] : part.split(':'))
  const before = groupsOf(head)
  const after = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].reduce((number, group) => number * 65536n + BigInt(`0x${group}`), 0n)
}

/** `::ffff:10.0.0.1` as `::ffff:a00:1` (RFC 4291, section 2.2). */
function withoutIpv4Part(text: string): string {
  const at = text.lastIndexOf(':') + 1
  const ipv4 = text.slice(at)
  if (!isIPv4(ipv4)) return text
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number)
  return `${text.slice(0, at)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}
