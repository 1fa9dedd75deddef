import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Algorithm, createHasher } from './checksums.ts'

// The check values of the CRC catalogue, and the SHAs of `sha1sum` and `sha256sum`, over "123456789".
const CHECKS: Record<Algorithm, string> = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
}

for (const [algorithm, check] of Object.entries(CHECKS)) {
  test(`${algorithm} has its published check value, however the bytes come`, () => {
    const hasher = createHasher(algorithm as Algorithm)
    for (const piece of ['1234', '', '56789']) hasher.update(Buffer.from(piece))
    assert.equal(Buffer.from(hasher.digest(), 'base64').toString('hex'), check)
  })
}
