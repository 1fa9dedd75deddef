import { createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { bitString, explicit, integer, nothing, octetString, oid, sequence, set, time, utf8 } from './der.ts'

export interface CertificateOptions {
  /** An RSA private key. */
  readonly key: KeyObject
  readonly commonName: string
  /** Up to 20 bytes, of which the first is not zero. */
  readonly serial: Uint8Array
  /** Milliseconds since the epoch. */
  readonly validFrom: number
  readonly validUntil: number
}

const SHA256_WITH_RSA = sequence(oid('1.2.840.113549.1.1.11'), nothing())
const COMMON_NAME = '2.5.4.3'
const BASIC_CONSTRAINTS = '2.5.29.19'
/** X.509 counts its versions from 0. */
const VERSION_3 = Buffer.from([2])

/** A certificate that its own key has signed (RFC 5280, section 4.1), as PEM: Node makes keys, but no certificates. */
export function selfSignedCertificate(options: CertificateOptions): string {
  const { key, commonName, serial, validFrom, validUntil } = options
  const name = sequence(set(sequence(oid(COMMON_NAME), utf8(commonName))))
  const isNoAuthority = sequence(oid(BASIC_CONSTRAINTS), octetString(sequence()))
  const signed = sequence(
    explicit(0, integer(VERSION_3)),
    integer(serial),
    SHA256_WITH_RSA,
    name,
    sequence(time(validFrom), time(validUntil)),
    name,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(isNoAuthority)),
  )
  return pemOf(sequence(signed, SHA256_WITH_RSA, bitString(sign('sha256', signed, key))))
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

/** A new RSA key of 2048 bits; takes some 100 ms of another thread. */
export async function newRsaKey(): Promise<KeyObject> {
  return (await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })).privateKey
}
