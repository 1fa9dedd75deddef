import { createHash, randomBytes, randomUUID } from 'node:crypto'

/** Ids and chance, handed in. Nothing outside base/ draws its own. */
export interface Random {
  /** A version 4 UUID, lower case. */
  uuid(): string
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string
  /** A number in [0, 1). */
  fraction(): number
  bytes(count: number): Buffer
}

/** Asking the kernel costs more than the bytes: hex ids are cut from a supply that is drawn at once. */
const SUPPLY_BYTES = 4096
let supply = Buffer.alloc(0)
let used = 0

function fromSupply(bytes: number): Buffer {
  if (bytes > SUPPLY_BYTES) return randomBytes(bytes)
  if (used + bytes > supply.length) {
    supply = randomBytes(SUPPLY_BYTES)
    used = 0
  }
  used += bytes
  return supply.subarray(used - bytes, used)
}

export const realRandom: Random = {
  uuid: () => randomUUID(),
  hex: (bytes) => fromSupply(bytes).toString('hex'),
  fraction: () => Math.random(),
  bytes: (count) => randomBytes(count),
}

/** The same draws in every run with the same seed: for tests and simulations, never for secrets. */
export function seededRandom(seed: string): Random {
  let count = 0
  const bytes = (wanted: number): Buffer => {
    const parts: Buffer[] = []
    for (let have = 0; have < wanted; have += 32) {
      parts.push(createHash('sha256').update(`${seed}/${count++}`).digest())
    }
    return Buffer.concat(parts).subarray(0, wanted)
  }
  const hex = (size: number) => bytes(size).toString('hex')
  return {
    bytes,
    hex,
    fraction: () => bytes(4).readUInt32BE(0) / 2 ** 32,
    uuid: () => {
      const digits = hex(16)
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`
    },
  }
}
