import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { CreateCodeSigningConfigCommand } from '@aws-sdk/client-lambda'
import { platform } from './support/platform.ts'
import { zipOf } from './support/zip.ts'

const CLI = path.join(import.meta.dirname, '../cli/lambdad.ts')
const PROFILE = 'arn:aws:signer:us-east-1:000000000000:/signing-profiles/ours/AbCdEf1234'
const run = promisify(execFile)

test('a package that the command line has signed is deployed where others are refused, and runs', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sign-'))
  t.after(() => rm(folder, { recursive: true }))
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  await mkdir(path.join(folder, 'profiles/ours'), { recursive: true })
  const [key, zip] = [path.join(folder, 'key.pem'), path.join(folder, 'code.zip')]
  await writeFile(
    path.join(folder, 'profiles/ours/AbCdEf1234.pem'),
    publicKey.export({ type: 'spki', format: 'pem' }),
  )
  await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await writeFile(zip, await zipOf({ 'index.mjs': 'export const handler = async () => "signed"' }))

  const p = await platform(t, { signingProfiles: path.join(folder, 'profiles') })
  const { CodeSigningConfig } = await p.lambda.send(
    new CreateCodeSigningConfigCommand({
      AllowedPublishers: { SigningProfileVersionArns: [PROFILE] },
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Enforce' },
    }),
  )
  const deploy = async () =>
    p.createFunction(
      {},
      {
        Code: { ZipFile: await readFile(zip) },
        CodeSigningConfigArn: CodeSigningConfig?.CodeSigningConfigArn ?? '',
      },
    )
  await assert.rejects(deploy(), { name: 'CodeVerificationFailedException' })
  await run(process.execPath, [CLI, 'sign', zip, '--profile', PROFILE, '--key', key])
  assert.equal((await p.invoke(await deploy())).payload, 'signed')
})

test('what cannot be signed stays as it is, and is said', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sign-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'code.zip')
  await writeFile(file, 'no zip')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const key = path.join(folder, 'key.pem')
  await writeFile(key, rsa.export({ type: 'pkcs8', format: 'pem' }))
  const sign = (...args: string[]) => run(process.execPath, [CLI, 'sign', ...args])
  await assert.rejects(sign(file), /--profile/)
  await assert.rejects(sign(file, '--profile', PROFILE, '--key', key), /is no private key in PEM/)
  await writeFile(key, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await assert.rejects(sign(file, '--profile', PROFILE, '--key', key), /this is no zip archive/)
  assert.equal(await readFile(file, 'utf8'), 'no zip')
})
