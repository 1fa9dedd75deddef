import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../base/random.ts'
import type { AccessKey } from './access-key.ts'
import { parseArn } from './arn.ts'
import { base32, fromBase32 } from './base32.ts'

/**
 * Temporary credentials of a role's session, kept nowhere: everything that a node must know to verify them is
 * in them, sealed by the master key that all nodes share.
 *
 *     accessKeyId      ASIA + 16 letters: 40 bits of account id, 24 bits of chance, 16 bits of seal
 *     sessionToken     base64url of `1`, the claims as JSON, and a seal over both and the access key id
 *     secretAccessKey  derived from the master key and the session token
 *
 * They cannot be taken back before they expire, other than by changing the master key.
 */
export interface SessionClaims {
  readonly accountId: string
  readonly roleArn: string
  readonly sessionName: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface SessionCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

export interface Session extends SessionClaims {
  readonly secretAccessKey: string
}

const PREFIX = 'ASIA'
const VERSION = 1
const SEAL_BYTES = 32
/** Far above what we write (a role's ARN is its longest part), far below what would cost time to check. */
const TOKEN_LENGTH_MAX = 8_192

export function mintSessionCredentials(
  master: Buffer,
  claims: SessionClaims,
  random: Pick<Random, 'bytes'>,
): SessionCredentials {
  const accessKeyId = newAccessKeyId(master, claims.accountId, random)
  const { accountId, roleArn, sessionName, expiresAt } = claims
  const payload = Buffer.concat([
    Buffer.from([VERSION]),
    Buffer.from(JSON.stringify([accountId, roleArn, sessionName, expiresAt])),
  ])
  const sessionToken = Buffer.concat([payload, tokenSeal(master, accessKeyId, payload)]).toString('base64url')
  return { accessKeyId, secretAccessKey: secretOf(master, sessionToken), sessionToken }
}

/**
 * The session that the credentials stand for; undefined where they were not minted with this master key.
 * Says nothing of the time: the caller compares `expiresAt`.
 */
export function readSessionCredentials(
  master: Buffer,
  accessKeyId: string,
  sessionToken: string,
): Session | undefined {
  if (!accessKeyId.startsWith(PREFIX) || sessionToken.length > TOKEN_LENGTH_MAX) return undefined
  const bytes = Buffer.from(sessionToken, 'base64url')
  if (bytes.length <= SEAL_BYTES || bytes.toString('base64url') !== sessionToken) return undefined
  const payload = bytes.subarray(0, -SEAL_BYTES)
  if (!timingSafeEqual(tokenSeal(master, accessKeyId, payload), bytes.subarray(-SEAL_BYTES))) return undefined
  if (payload[0] !== VERSION) return undefined

  // What is sealed, we have written ourselves.
  const [accountId, roleArn, sessionName, expiresAt] = JSON.parse(payload.toString('utf8', 1))
  return { accountId, roleArn, sessionName, expiresAt, secretAccessKey: secretOf(master, sessionToken) }
}

/** The same, as an access key to verify a signature with. */
export function sessionAccessKey(
  master: Buffer,
  accessKeyId: string,
  sessionToken: string,
): AccessKey | undefined {
  const session = readSessionCredentials(master, accessKeyId, sessionToken)
  if (session === undefined) return undefined
  const { secretAccessKey, accountId, expiresAt } = session
  return { secretAccessKey, accountId, principalArn: sessionArn(session), sessionToken, expiresAt }
}

/**
 * For a gateway that verifies no signatures: whom an access key of ours stands for, or undefined where it is
 * somebody's own. Without a session token only the account is known, and the caller is its root.
 */
export function callerOfSession(
  master: Buffer,
  accessKeyId: string,
  sessionToken: string | undefined,
): { accountId: string; principalArn: string } | undefined {
  if (sessionToken !== undefined) {
    const session = readSessionCredentials(master, accessKeyId, sessionToken)
    if (session !== undefined) return { accountId: session.accountId, principalArn: sessionArn(session) }
  }
  const accountId = accountOfAccessKeyId(master, accessKeyId)
  return accountId === undefined ? undefined : { accountId, principalArn: `arn:aws:iam::${accountId}:root` }
}

/** The account in an access key id of ours. One foreign id in 65,536 would pass, so it proves nothing. */
export function accountOfAccessKeyId(master: Buffer, accessKeyId: string): string | undefined {
  if (!accessKeyId.startsWith(PREFIX) || accessKeyId.length !== 20) return undefined
  const bytes = fromBase32(accessKeyId.slice(PREFIX.length))
  if (bytes === undefined) return undefined
  const body = bytes.subarray(0, 8)
  if (!timingSafeEqual(idSeal(master, body), bytes.subarray(8))) return undefined
  return body.readUIntBE(0, 5).toString().padStart(12, '0')
}

/** `arn:aws:sts::123456789012:assumed-role/r/s`: the role's path is left out. */
export function sessionArn({ roleArn, sessionName, accountId }: SessionClaims): string {
  const role = parseArn(roleArn)
  const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1)
  return `arn:${role?.partition ?? 'aws'}:sts::${accountId}:assumed-role/${roleName}/${sessionName}`
}

function newAccessKeyId(master: Buffer, accountId: string, random: Pick<Random, 'bytes'>): string {
  if (!/^\d{12}$/.test(accountId)) throw new RangeError(`${accountId} is no account id`)
  const body = Buffer.alloc(8)
  body.writeUIntBE(Number(accountId), 0, 5)
  random.bytes(3).copy(body, 5)
  return PREFIX + base32(Buffer.concat([body, idSeal(master, body)]))
}

function idSeal(master: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', master).update('access key id\0').update(body).digest().subarray(0, 2)
}

function tokenSeal(master: Buffer, accessKeyId: string, payload: Buffer): Buffer {
  return createHmac('sha256', master).update(`session token\0${accessKeyId}\0`).update(payload).digest()
}

/** 40 characters, as AWS's are. */
function secretOf(master: Buffer, sessionToken: string): string {
  return createHmac('sha256', master)
    .update(`secret access key\0${sessionToken}`)
    .digest('base64')
    .slice(0, 40)
}
