import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { signPackage } from '../../src/services/lambda/signing/artifact.ts'
import { parse, UsageError } from '../arguments.ts'
import type { Command } from '../commands.ts'

/** Signs a deployment package in place, for functions with a code signing configuration. */
export const sign: Command = async (args, variables) => {
  const { options, positionals } = parse(args, variables, { profile: 'text', key: 'text' })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new UsageError('sign takes one zip')
  if (options.profile === undefined || options.key === undefined)
    throw new UsageError("sign takes --profile, a signing profile version's ARN, and --key, its private key")
  const zip = await readFile(file).catch(unreadable)
  const privateKey = await keyOf(String(options.key))
  try {
    await writeFile(file, signPackage(zip, { profile: String(options.profile), privateKey }))
  } catch (error) {
    throw new UsageError(`cannot sign ${file}: ${(error as Error).message}`)
  }
  return 0
}

async function keyOf(file: string): Promise<KeyObject> {
  const pem = await readFile(file).catch(unreadable)
  try {
    const key = createPrivateKey(pem)
    if (['ed25519', 'ec'].includes(key.asymmetricKeyType ?? '')) return key
  } catch {
    // Said below.
  }
  throw new UsageError(`${file} is no private key in PEM, Ed25519 or of an elliptic curve`)
}

function unreadable(error: Error): never {
  throw new UsageError(error.message)
}
