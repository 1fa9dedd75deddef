import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { signatureOf, signPackage } from '../signing/artifact.ts'
import { profilesIn } from '../signing/profiles.ts'
import { ACCOUNT, arnOf, REGION, refusal, testLambda, zipOf } from '../testing.ts'

const OURS = `arn:aws:signer:${REGION}:${ACCOUNT}:/signing-profiles/ours/AbCdEf1234`
const CURVE = `arn:aws:signer:${REGION}:${ACCOUNT}:/signing-profiles/curve/AbCdEf1234`
const OTHER = `arn:aws:signer:${REGION}:${ACCOUNT}:/signing-profiles/other/AbCdEf1234`
const zip = zipOf('exports.handler = async () => 1')

const UNTRUSTED = refusal(
  'CodeVerificationFailedException',
  'The code signature failed one or more of the validation checks for signature mismatch or expiry, and the code signing policy is set to ENFORCE. Lambda blocks the deployment.',
  400,
)
const BROKEN = refusal(
  'InvalidCodeSignatureException',
  'The code signature failed the integrity check. If the integrity check fails, then Lambda blocks deployment, even if the code signing policy is set to WARN.',
  400,
)

/** A service that knows three profiles, of which functions trust the first two. */
async function signing(t: TestContext, policy: 'Warn' | 'Enforce' = 'Enforce') {
  const folder = await mkdtemp(path.join(tmpdir(), 'profiles-'))
  t.after(() => rm(folder, { recursive: true }))
  const keys: Record<string, KeyObject> = {}
  for (const profile of [OURS, CURVE, OTHER]) {
    const { publicKey, privateKey } =
      profile === CURVE ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
    const [name = '', version] = profile.split('/').slice(2)
    await mkdir(path.join(folder, name))
    await writeFile(
      path.join(folder, name, `${version}.pem`),
      publicKey.export({ type: 'spki', format: 'pem' }),
    )
    keys[profile] = privateKey
  }
  const lambda = await testLambda(t, { signingProfiles: profilesIn(folder) })
  const { CodeSigningConfig } = await lambda.call('CreateCodeSigningConfig', {
    AllowedPublishers: { SigningProfileVersionArns: [OURS, CURVE] },
    CodeSigningPolicies: { UntrustedArtifactOnDeployment: policy },
  })
  const sign = (profile: string, more: { expires?: number } = {}, what = zip) =>
    signPackage(what, { profile, privateKey: keys[profile] as KeyObject, ...more })
  return { ...lambda, arn: CodeSigningConfig?.CodeSigningConfigArn, sign }
}

test('what a trusted profile has signed is deployed, and the profile is shown', async (t) => {
  const { arn, call, create, settled, sign } = await signing(t)
  await create('f', { Code: { ZipFile: sign(OURS) }, CodeSigningConfigArn: arn })
  assert.equal((await settled('f')).SigningProfileVersionArn, OURS)
  const later = Date.now() + 60_000
  await call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: sign(CURVE, { expires: later }) })
  assert.equal((await settled('f')).SigningProfileVersionArn, CURVE)
  assert.deepEqual(await call('GetFunctionCodeSigningConfig', { FunctionName: 'f' }), {
    CodeSigningConfigArn: arn,
    FunctionName: 'f',
  })
})

test('what nobody trusted has signed is refused, and nothing is kept of it', async (t) => {
  const { arn, blobs, call, create, settled, sign } = await signing(t)
  const expired = sign(OURS, { expires: Date.now() - 1 })
  for (const ZipFile of [zip, sign(OTHER), expired])
    await assert.rejects(create('f', { Code: { ZipFile }, CodeSigningConfigArn: arn }), UNTRUSTED)
  assert.deepEqual(await Array.fromAsync(blobs.list()), [])
  await create('f', { Code: { ZipFile: sign(OURS) }, CodeSigningConfigArn: arn })
  const before = await settled('f')
  for (const DryRun of [true, false])
    await assert.rejects(call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: zip, DryRun }), UNTRUSTED)
  assert.deepEqual(await settled('f'), before)
})

test('under the policy Warn it is deployed, and lambdad’s log says what is wrong with it', async (t) => {
  const { arn, call, create, settled, sign, warnings } = await signing(t, 'Warn')
  await create('f', { CodeSigningConfigArn: arn })
  await call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: sign(OTHER) })
  assert.equal((await settled('f')).SigningProfileVersionArn, undefined)
  const about = `code signing: the package for ${arnOf('f')}`
  assert.deepEqual(warnings, [
    `${about} is not signed`,
    `${about} was signed by ${OTHER}, which is not trusted`,
  ])
})

test('what was changed after it was signed is refused under any policy', async (t) => {
  const { arn, create, sign } = await signing(t, 'Warn')
  const changed = Buffer.from(sign(OURS))
  changed[10] = (changed[10] as number) ^ 1
  await assert.rejects(create('f', { Code: { ZipFile: changed }, CodeSigningConfigArn: arn }), BROKEN)
  // Somebody else's signature under a trusted name.
  const text = sign(OTHER).toString('latin1').replace('/other/', '/ours/')
  const forged = Buffer.from(text, 'latin1')
  forged.writeUInt16LE(forged.readUInt16LE(zip.length - 2) - 1, zip.length - 2)
  assert.equal(signatureOf(forged)?.profile, OURS)
  await assert.rejects(create('f', { Code: { ZipFile: forged }, CodeSigningConfigArn: arn }), BROKEN)
})

test('layers of such a function must be signed, too', async (t) => {
  const { arn, call, create, settled, sign } = await signing(t)
  const other = zipOf('module.exports = 1')
  await call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: other } })
  await call('PublishLayerVersion', { LayerName: 'l', Content: { ZipFile: sign(OURS, {}, other) } })
  const layer = `arn:aws:lambda:${REGION}:${ACCOUNT}:layer:l`
  const signed = { Code: { ZipFile: sign(OURS) }, CodeSigningConfigArn: arn }
  await assert.rejects(create('f', { ...signed, Layers: [`${layer}:1`] }), UNTRUSTED)
  await create('f', { ...signed, Layers: [`${layer}:2`] })
  await assert.rejects(
    call('UpdateFunctionConfiguration', { FunctionName: 'f', Layers: [`${layer}:1`] }),
    UNTRUSTED,
  )
  assert.equal((await settled('f')).Layers?.[0]?.Arn, `${layer}:2`)
})

test('a configuration is given to a function, taken away, and lists its functions', async (t) => {
  const { arn = '', call, create } = await signing(t)
  await create('f')
  await create('g')
  const of = { FunctionName: 'f' }
  assert.deepEqual(await call('PutFunctionCodeSigningConfig', { ...of, CodeSigningConfigArn: arn }), {
    CodeSigningConfigArn: arn,
    FunctionName: 'f',
  })
  await assert.rejects(call('UpdateFunctionCode', { ...of, ZipFile: zip }), UNTRUSTED)
  const list = async () =>
    (await call('ListFunctionsByCodeSigningConfig', { CodeSigningConfigArn: arn })).FunctionArns
  assert.deepEqual(await list(), [arnOf('f')])
  await assert.rejects(call('DeleteCodeSigningConfig', { CodeSigningConfigArn: arn }), {
    code: 'ResourceConflictException',
    status: 409,
  })
  await call('DeleteFunctionCodeSigningConfig', of)
  assert.deepEqual(await call('GetFunctionCodeSigningConfig', of), {})
  await call('UpdateFunctionCode', { ...of, ZipFile: zip })
  assert.deepEqual(await list(), [])
  await call('PutFunctionCodeSigningConfig', { FunctionName: 'g', CodeSigningConfigArn: arn })
  await call('DeleteFunction', { FunctionName: 'g' })
  await call('DeleteCodeSigningConfig', { CodeSigningConfigArn: arn })
  const gone = refusal(
    'ResourceNotFoundException',
    `The Lambda code signing configuration ${arn} can not be found.`,
    404,
  )
  await assert.rejects(call('GetCodeSigningConfig', { CodeSigningConfigArn: arn }), gone)
  await assert.rejects(call('UpdateCodeSigningConfig', { CodeSigningConfigArn: arn }), gone)
  await assert.rejects(call('DeleteCodeSigningConfig', { CodeSigningConfigArn: arn }), gone)
  await assert.rejects(call('ListTags', { Resource: arn }), gone)
  const notFound = refusal(
    'CodeSigningConfigNotFoundException',
    `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`,
    404,
  )
  await assert.rejects(call('PutFunctionCodeSigningConfig', { ...of, CodeSigningConfigArn: arn }), notFound)
  await assert.rejects(
    call('PutFunctionCodeSigningConfig', { FunctionName: 'no', CodeSigningConfigArn: arn }),
    notFound,
  )
  await assert.rejects(create('h', { CodeSigningConfigArn: arn }), notFound)
  await assert.rejects(call('ListFunctionsByCodeSigningConfig', { CodeSigningConfigArn: arn }), gone)
})

test('a configuration is shown as AWS shows it, and changed in what is named', async (t) => {
  const { arn = '', call } = await signing(t, 'Warn')
  const { CodeSigningConfig: created } = await call('GetCodeSigningConfig', { CodeSigningConfigArn: arn })
  assert.match(created?.CodeSigningConfigId ?? '', /^csc-[a-z0-9]{17}$/)
  assert.equal(arn, `arn:aws:lambda:${REGION}:${ACCOUNT}:code-signing-config:${created?.CodeSigningConfigId}`)
  assert.deepEqual(created?.AllowedPublishers, { SigningProfileVersionArns: [OURS, CURVE] })
  assert.deepEqual(created?.CodeSigningPolicies, { UntrustedArtifactOnDeployment: 'Warn' })
  const { CodeSigningConfig: updated } = await call('UpdateCodeSigningConfig', {
    CodeSigningConfigArn: arn,
    Description: 'mine',
    AllowedPublishers: { SigningProfileVersionArns: [OTHER] },
  })
  assert.equal(updated?.Description, 'mine')
  assert.deepEqual(updated?.AllowedPublishers, { SigningProfileVersionArns: [OTHER] })
  assert.deepEqual(updated?.CodeSigningPolicies, { UntrustedArtifactOnDeployment: 'Warn' })
  assert.deepEqual((await call('ListCodeSigningConfigs', {})).CodeSigningConfigs, [updated])

  await call('TagResource', { Resource: arn, Tags: { a: 'b', c: 'd' } })
  await call('UntagResource', { Resource: arn, TagKeys: ['a'] })
  assert.deepEqual(await call('ListTags', { Resource: arn }), { Tags: { c: 'd' } })
})
