import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** `20261121/eu-west-1/lambda/aws4_request`, in its parts. */
export interface Scope {
  readonly date: string
  readonly region: string
  readonly service: string
}

/**
 * Keys kept: one a caller, day, region and service. A node that is called under more identities than this
 * within a day derives some anew, which costs four HMACs.
 */
const KEYS_MAX = 2_000

/** Derives signing keys, and remembers the last ones. */
export class SigningKeys {
  readonly #known = new Map<string, { secret: string; key: Buffer }>()

  of(accessKeyId: string, secretAccessKey: string, scope: Scope): Buffer {
    const name = `${accessKeyId}/${scope.date}/${scope.region}/${scope.service}`
    const known = this.#known.get(name)
    if (known?.secret === secretAccessKey) return known.key
    const key = deriveSigningKey(secretAccessKey, scope)
    if (this.#known.size >= KEYS_MAX) this.#known.delete(this.#known.keys().next().value ?? '')
    this.#known.set(name, { secret: secretAccessKey, key })
    return key
  }

  get size(): number {
    return this.#known.size
  }
}

export function deriveSigningKey(secretAccessKey: string, { date, region, service }: Scope): Buffer {
  const steps = [date, region, service, 'aws4_request']
  return steps.reduce<Buffer>((key, step) => hmac(key, step), Buffer.from(`AWS4${secretAccessKey}`))
}

export function scopeText({ date, region, service }: Scope): string {
  return `${date}/${region}/${service}/aws4_request`
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Takes the same time wherever the two differ, so that nobody can guess a signature digit by digit. */
export function sameText(expected: string, given: string): boolean {
  const a = Buffer.from(expected)
  const b = Buffer.from(given)
  return a.length === b.length && timingSafeEqual(a, b)
}

/** SHA-256 of nothing, in hex. */
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
