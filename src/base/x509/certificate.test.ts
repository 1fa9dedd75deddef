import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { newRsaKey, selfSignedCertificate } from './certificate.ts'
import { integer, octetString, oid, time } from './der.ts'

const hex = (value: Buffer) => value.toString('hex')

// X.690's own rules: a leading bit that is set needs a zero before it, lengths from 128 on say how long they are.
for (const [what, is, wanted] of [
  ['zero', integer(Buffer.from([0, 0])), '020100'],
  ['127', integer(Buffer.from([0, 0x7f])), '02017f'],
  ['128', integer(Buffer.from([0x80])), '02020080'],
  ['sha256WithRSAEncryption', oid('1.2.840.113549.1.1.11'), '06092a864886f70d01010b'],
  ['a time', time(Date.UTC(2026, 0, 2, 3, 4, 5, 6)), hex(Buffer.from('\x17\x0d260102030405Z'))],
  ['a late time', time(Date.UTC(2120, 0, 2, 3, 4, 5, 6)), hex(Buffer.from('\x18\x0f21200102030405Z'))],
  ['300 bytes', octetString(Buffer.alloc(300)).subarray(0, 4), '0482012c'],
] as const) {
  test(`in DER ${what} is ${wanted}`, () => assert.equal(hex(is), wanted))
}

test('a certificate says whose it is and for how long, and is signed by its own key', async () => {
  const key = await newRsaKey()
  const pem = selfSignedCertificate({
    key,
    commonName: 'sns.amazonaws.com',
    serial: Buffer.from([0xff, 1]),
    validFrom: Date.UTC(2026, 0, 1),
    validUntil: Date.UTC(2126, 0, 1),
  })
  const certificate = new X509Certificate(pem)
  assert.deepEqual(
    [certificate.subject, certificate.issuer],
    ['CN=sns.amazonaws.com', 'CN=sns.amazonaws.com'],
  )
  assert.deepEqual(
    [certificate.serialNumber, certificate.ca, certificate.validTo],
    ['FF01', false, 'Jan  1 00:00:00 2126 GMT'],
  )
  assert.ok(
    certificate.verify(certificate.publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }))),
  )
})
