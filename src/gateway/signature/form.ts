import type { AccessKeys } from '../../aws/access-key.ts'
import { AwsError } from '../../aws/error.ts'
import type { Clock } from '../../base/clock.ts'
import type { Authenticated } from '../authenticator.ts'
import { s3RefusalsOf } from './s3-refusals.ts'
import { hmac, type SigningKeys, sameText } from './signing-key.ts'

interface FormDeps {
  readonly keys: AccessKeys
  readonly clock: Clock
  readonly signingKeys: SigningKeys
}

/**
 * Amazon S3 API Reference, "Authenticating Requests in Browser-Based Uploads Using POST": what is signed is the
 * field `policy` as it came. When that expires it says itself.
 */
export async function verifyForm(
  { keys, clock, signingKeys }: FormDeps,
  fields: Readonly<Record<string, string>>,
): Promise<Authenticated> {
  const refuse = s3RefusalsOf(true)
  const { policy, 'x-amz-algorithm': algorithm, 'x-amz-signature': signature } = fields
  if (fields.awsaccesskeyid !== undefined || fields.signature !== undefined) {
    throw refuse.unsupportedAlgorithm('AWS')
  }
  const credential = fields['x-amz-credential']
  const proof = {
    'X-Amz-Signature': signature,
    'X-Amz-Algorithm': algorithm,
    'X-Amz-Credential': credential,
    'X-Amz-Date': fields['x-amz-date'],
  }
  if (Object.values(proof).every((value) => value === undefined)) throw refuse.unsigned()
  const missing = Object.entries({ ...proof, policy }).find(([, value]) => value === undefined)
  if (missing !== undefined) throw missingField(missing[0])
  if (algorithm !== 'AWS4-HMAC-SHA256') throw refuse.unsupportedAlgorithm(algorithm ?? '')

  const parts = (credential ?? '').split('/')
  const [accessKeyId = '', date = '', region = '', service = '', terminator] = parts
  if (parts.length !== 5 || service !== 's3' || terminator !== 'aws4_request') {
    throw refuse.malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    )
  }
  const token = fields['x-amz-security-token']
  const key = await keys.find(accessKeyId, token)
  if (key === undefined) throw refuse.unknownKey(accessKeyId)
  if (!sameText(key.sessionToken ?? '', token ?? '')) throw refuse.invalidToken()
  if (key.expiresAt !== undefined && key.expiresAt <= clock.now()) throw refuse.expiredToken()

  const signingKey = signingKeys.of(accessKeyId, key.secretAccessKey, { date, region, service })
  const expected = hmac(signingKey, policy ?? '').toString('hex')
  if (!sameText(expected, signature ?? '')) {
    throw refuse.mismatch({ accessKeyId, stringToSign: policy ?? '', signature: signature ?? '' })
  }
  const { accountId, principalArn } = key
  return { accountId, principalArn, region, accessKeyId }
}

function missingField(name: string): AwsError {
  const message = `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`
  return new AwsError('InvalidArgument', message, {
    status: 400,
    members: { ArgumentName: name, ArgumentValue: '' },
  })
}
