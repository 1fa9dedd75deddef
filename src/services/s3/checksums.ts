import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

export const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const
export type Algorithm = (typeof ALGORITHMS)[number]
/** In base64, as S3 has them; one of several parts ends in `-` and their number. */
export type Checksums = { readonly [Name in Algorithm]?: string }

export interface Hasher {
  update(bytes: Uint8Array): void
  /** In base64. */
  digest(): string
}

export function isAlgorithm(name: string): name is Algorithm {
  return ALGORITHMS.includes(name as Algorithm)
}

export function createHasher(algorithm: Algorithm): Hasher {
  switch (algorithm) {
    case 'SHA1':
    case 'SHA256': {
      const hash = createHash(algorithm.toLowerCase())
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('base64') }
    }
    case 'CRC32':
      return new Crc32((bytes, value) => crc32(bytes, value))
    case 'CRC32C':
      return new Crc32(crc32c)
    case 'CRC64NVME':
      return new Crc64Nvme()
  }
}

class Crc32 implements Hasher {
  readonly #next: (bytes: Uint8Array, value: number) => number
  #value = 0

  constructor(next: (bytes: Uint8Array, value: number) => number) {
    this.#next = next
  }

  update(bytes: Uint8Array): void {
    this.#value = this.#next(bytes, this.#value)
  }

  digest(): string {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(this.#value >>> 0)
    return bytes.toString('base64')
  }
}

const CASTAGNOLI_REFLECTED = 0x82f63b78
let castagnoli: Uint32Array | undefined

/** CRC-32C (RFC 3720, B.4), going on from `value`. */
function crc32c(bytes: Uint8Array, value: number): number {
  castagnoli ??= Uint32Array.from({ length: 256 }, (_, index) => {
    let entry = index
    for (let bit = 0; bit < 8; bit++) entry = (entry >>> 1) ^ (entry & 1 ? CASTAGNOLI_REFLECTED : 0)
    return entry
  })
  let crc = ~value
  for (const byte of bytes) crc = (crc >>> 8) ^ (castagnoli[(crc ^ byte) & 255] ?? 0)
  return ~crc >>> 0
}

/** NVM Express NVM Command Set specification, "64b CRC". */
const NVME_REFLECTED = 0x9a6c_9329_ac4b_c9b5n
let nvme: { readonly high: Uint32Array; readonly low: Uint32Array } | undefined

function nvmeTables() {
  const high = new Uint32Array(256)
  const low = new Uint32Array(256)
  for (let index = 0; index < 256; index++) {
    let entry = BigInt(index)
    for (let bit = 0; bit < 8; bit++) entry = (entry >> 1n) ^ (entry & 1n ? NVME_REFLECTED : 0n)
    high[index] = Number(entry >> 32n)
    low[index] = Number(entry & 0xffff_ffffn)
  }
  return { high, low }
}

/** In two halves, since BigInt is too slow for every byte of an object. */
class Crc64Nvme implements Hasher {
  #high = ~0
  #low = ~0

  update(bytes: Uint8Array): void {
    nvme ??= nvmeTables()
    let [high, low] = [this.#high, this.#low]
    for (const byte of bytes) {
      const index = (low ^ byte) & 255
      low = ((low >>> 8) | (high << 24)) ^ (nvme.low[index] ?? 0)
      high = (high >>> 8) ^ (nvme.high[index] ?? 0)
    }
    this.#high = high
    this.#low = low
  }

  digest(): string {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32BE(~this.#high >>> 0, 0)
    bytes.writeUInt32BE(~this.#low >>> 0, 4)
    return bytes.toString('base64')
  }
}
