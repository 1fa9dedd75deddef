import type { AccessKey, AccessKeys } from '../../aws/access-key.ts'
import type { Clock } from '../../base/clock.ts'
import type { Authenticated, Authenticator, BodyVerifier, SignedRequest } from '../authenticator.ts'
import { canonicalRequest } from './canonical-request.ts'
import { checkScope, checkSignedHeaders, checkTime } from './checks.ts'
import { type Claims, readClaims } from './claims.ts'
import { verifyForm } from './form.ts'
import { type Payload, payloadOf, s3PayloadOf, unsignedClaim } from './payload.ts'
import { type Refusals, refusalsFor } from './refusals.ts'
import { hmac, SigningKeys, sameText, scopeText, sha256Hex } from './signing-key.ts'

export interface StrictDeps {
  readonly keys: AccessKeys
  readonly clock: Clock
}

/**
 * Believes who can prove it: by Signature Version 4, in the `Authorization` header or in the query of a
 * presigned URL, made now, for this service, over this request and, S3's exceptions aside, over this body.
 *
 * The order of the checks decides which error a request gets that is wrong in two ways. It is AWS's, as far as
 * that is known: first what can be seen without a key, the key last.
 */
export function createStrictAuthenticator({ keys, clock }: StrictDeps): Authenticator {
  const signingKeys = new SigningKeys()

  return {
    async authenticate(request: SignedRequest): Promise<Authenticated> {
      const s3 = isS3(request)
      const refuse = refusalsFor(request)
      const now = clock.now()

      const claims = readClaims(request, refuse)
      checkSignedHeaders(claims, request, refuse)
      checkTime(claims, now, s3, refuse)
      checkScope(claims, request, refuse)
      const key = await findKey(keys, claims, now, refuse)

      const scope = { date: claims.date, region: claims.region, service: claims.service }
      const signingKey = signingKeys.of(claims.accessKeyId, key.secretAccessKey, scope)
      const body = await verify(request, claims, signingKey, s3, refuse)
      const { accountId, principalArn } = key
      const caller = { accountId, region: claims.region, principalArn, accessKeyId: claims.accessKeyId }
      return body === undefined ? caller : { ...caller, body }
    },
    authenticateForm: (fields) => verifyForm({ keys, clock, signingKeys }, fields),
  }
}

function isS3({ service }: SignedRequest): boolean {
  return service.signingNames.includes('s3')
}

async function findKey(keys: AccessKeys, claims: Claims, now: number, refuse: Refusals): Promise<AccessKey> {
  const key = await keys.find(claims.accessKeyId, claims.sessionToken)
  if (key === undefined) throw refuse.unknownKey(claims.accessKeyId)
  if (!sameText(key.sessionToken ?? '', claims.sessionToken ?? '')) throw refuse.invalidToken()
  if (key.expiresAt !== undefined && key.expiresAt <= now) throw refuse.expiredToken()
  return key
}

/** Throws where the signature is not the one that we would make; returns what then checks the body. */
async function verify(
  request: SignedRequest,
  claims: Claims,
  signingKey: Buffer,
  s3: boolean,
  refuse: Refusals,
): Promise<BodyVerifier | undefined> {
  const scope = scopeText(claims)
  const mismatch = (stringToSign: string, signature: string, canonical?: string) =>
    refuse.mismatch({
      accessKeyId: claims.accessKeyId,
      stringToSign,
      signature,
      ...(canonical === undefined ? {} : { canonicalRequest: canonical }),
    })

  const bodyDiffers = () => mismatch('', claims.signature)
  const payload: Payload = s3 ? s3PayloadOf(request, claims) : await payloadOf(request, claims, bodyDiffers)
  const { method, path, search, headers } = request
  const parts = { method, path, search, headers, signedHeaders: claims.signedHeaders, s3 }
  const canonical = canonicalRequest({ ...parts, payloadHash: payload.hash })
  const stringToSign = ['AWS4-HMAC-SHA256', claims.timestamp, scope, sha256Hex(canonical)].join('\n')
  const expected = hmac(signingKey, stringToSign).toString('hex')
  if (!sameText(expected, claims.signature)) throw mismatch(stringToSign, claims.signature, canonical)

  if (payload.verifier === undefined) return unsignedClaim(request, claims, payload)
  return payload.verifier({
    key: signingKey,
    timestamp: claims.timestamp,
    scope,
    signature: expected,
    mismatch,
  })
}
