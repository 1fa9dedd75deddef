import { buffer } from 'node:stream/consumers'
import { AwsError } from '../../../aws/error.ts'
import type { LambdaDeps } from '../deps.ts'
import { parseLayerArn } from '../layers/layer.ts'
import { isSignedWith, type Signature, signatureOf } from './artifact.ts'
import type { CodeSigningConfig } from './config.ts'

/**
 * Whom a package was signed by, of those whom the configuration trusts. Refuses one that was changed after it was
 * signed, and under the policy Enforce one that nobody trusted has signed, or too long ago; under Warn that is said,
 * and undefined answered (AWS Lambda Developer Guide, "Using code signing to verify code integrity").
 */
export async function checkSigned(
  deps: Pick<LambdaDeps, 'clock' | 'signingProfiles' | 'warn'>,
  config: CodeSigningConfig | undefined,
  zip: Buffer,
  what: string,
): Promise<string | undefined> {
  if (config === undefined) return undefined
  const signature = signatureOf(zip)
  const flaw = await flawOf(deps, config, zip, signature)
  if (flaw === undefined) return signature?.profile
  if (config.policy === 'Enforce') throw verificationFailed()
  deps.warn(`code signing: the package for ${what} ${flaw}`)
  return undefined
}

/** The same of layers that a function is to have. Those that are not there are refused later. */
export async function checkLayersSigned(
  deps: Pick<LambdaDeps, 'clock' | 'signingProfiles' | 'warn' | 'layers' | 'blobs'>,
  config: CodeSigningConfig | undefined,
  arns: readonly string[],
): Promise<void> {
  if (config === undefined) return
  for (const arn of arns) {
    const { key, version = 0 } = parseLayerArn(arn) ?? {}
    const layer = key && (await deps.layers.find(key, version))
    const blob = layer && (await deps.blobs.open(layer.sha256))
    if (blob !== undefined) await checkSigned(deps, config, await buffer(blob.stream), arn)
  }
}

async function flawOf(
  { clock, signingProfiles }: Pick<LambdaDeps, 'clock' | 'signingProfiles'>,
  { publishers }: CodeSigningConfig,
  zip: Buffer,
  signature: Signature | undefined,
): Promise<string | undefined> {
  if (signature === undefined) return 'is not signed'
  const key = await signingProfiles(signature.profile)
  if (key === undefined) return `was signed by a profile that is not known, ${signature.profile}`
  if (!isSignedWith(zip, signature, key)) throw integrityFailed()
  if (!publishers.includes(signature.profile))
    return `was signed by ${signature.profile}, which is not trusted`
  if (signature.expires !== undefined && signature.expires <= clock.now())
    return 'has a signature that expired'
  return undefined
}

// AWS's words for both exceptions (API Reference).

function verificationFailed(): AwsError {
  return new AwsError(
    'CodeVerificationFailedException',
    'The code signature failed one or more of the validation checks for signature mismatch or expiry, ' +
      'and the code signing policy is set to ENFORCE. Lambda blocks the deployment.',
    { status: 400, members: { Type: 'User' } },
  )
}

function integrityFailed(): AwsError {
  return new AwsError(
    'InvalidCodeSignatureException',
    'The code signature failed the integrity check. If the integrity check fails, then Lambda blocks deployment, ' +
      'even if the code signing policy is set to WARN.',
    { status: 400, members: { Type: 'User' } },
  )
}
