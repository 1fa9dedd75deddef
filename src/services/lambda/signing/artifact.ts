import { createHash, type KeyObject, sign, verify } from 'node:crypto'

/**
 * How a package carries its signature: as the comment at the end of the zip, which readers of zips pass over.
 *
 *     lambdad-signature:{"profile":"arn:aws:signer:…:/signing-profiles/name/version","expires":1767225600000,"signature":"base64"}
 *
 * Signed are the SHA-256 of the zip without its comment, the profile's version and the time, with Ed25519 or ECDSA
 * over SHA-256, as the key is. AWS Signer writes a JAR-like manifest into the zip, of which no specification is public.
 */
export interface Signature {
  /** ARN of the version of a signing profile. */
  readonly profile: string
  /** Milliseconds since the epoch; absent where it is good for ever. */
  readonly expires?: number
  /** Base64. */
  readonly signature: string
}

const PREFIX = 'lambdad-signature:'
const END_OF_DIRECTORY = Buffer.from([0x50, 0x4b, 0x05, 0x06])
/** Of the record that ends a zip, before its comment. */
const END_BYTES = 22
const COMMENT_BYTES_MAX = 0xffff

/** The zip with a signature in place of its comment. Throws where it is no zip. */
export function signPackage(
  zip: Buffer,
  by: { readonly profile: string; readonly expires?: number; readonly privateKey: KeyObject },
): Buffer {
  const parts = partsOf(zip)
  if (parts === undefined) throw new Error('this is no zip archive')
  const { privateKey, ...claims } = by
  const signature = sign(algorithmOf(privateKey), messageOf(parts.content, claims), privateKey)
  const comment = Buffer.from(PREFIX + JSON.stringify({ ...claims, signature: signature.toString('base64') }))
  const signed = Buffer.concat([parts.content, comment])
  signed.writeUInt16LE(comment.length, parts.content.length - 2)
  return signed
}

/** What the zip says of its signature; undefined where it has none, or none that can be read. */
export function signatureOf(zip: Buffer): Signature | undefined {
  const comment = partsOf(zip)?.comment.toString() ?? ''
  if (!comment.startsWith(PREFIX)) return undefined
  try {
    const { profile, expires, signature } = JSON.parse(comment.slice(PREFIX.length))
    if (typeof profile !== 'string' || typeof signature !== 'string') return undefined
    if (expires === undefined) return { profile, signature }
    return typeof expires === 'number' ? { profile, expires, signature } : undefined
  } catch {
    return undefined
  }
}

/** Whether the owner of the key has signed just this. */
export function isSignedWith(zip: Buffer, signature: Signature, publicKey: KeyObject): boolean {
  const parts = partsOf(zip)
  if (parts === undefined) return false
  const message = messageOf(parts.content, signature)
  try {
    return verify(algorithmOf(publicKey), message, publicKey, Buffer.from(signature.signature, 'base64'))
  } catch {
    return false
  }
}

function messageOf(content: Buffer, { profile, expires }: Omit<Signature, 'signature'>): Buffer {
  const digest = createHash('sha256').update(content).digest('hex')
  return Buffer.from(JSON.stringify([PREFIX, digest, profile, expires ?? null]))
}

function algorithmOf(key: KeyObject): string | null {
  return key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
}

/** The zip as it is with an empty comment, and the comment. */
function partsOf(zip: Buffer): { content: Buffer; comment: Buffer } | undefined {
  const first = Math.max(0, zip.length - END_BYTES - COMMENT_BYTES_MAX)
  for (let at = zip.length - END_BYTES; at >= first; at--) {
    if (!zip.subarray(at, at + 4).equals(END_OF_DIRECTORY)) continue
    const end = at + END_BYTES
    if (zip.readUInt16LE(end - 2) !== zip.length - end) continue
    const content = Buffer.from(zip.subarray(0, end))
    content.writeUInt16LE(0, end - 2)
    return { content, comment: zip.subarray(end) }
  }
  return undefined
}
