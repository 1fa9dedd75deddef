import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** The public keys of signing profiles. */
export type SigningProfiles = (versionArn: string) => Promise<KeyObject | undefined>

const VERSION_ARN =
  /^arn:aws[a-zA-Z-]*:signer:[a-z0-9-]*:\d{12}:\/signing-profiles\/([a-zA-Z0-9_]{2,64})\/([a-zA-Z0-9]{10})$/

/**
 * Profiles in a folder of the machine: `<name>/<version>.pem` is the public key of
 * `arn:aws:signer:<region>:<account>:/signing-profiles/<name>/<version>`, Ed25519 or of an elliptic curve.
 */
export function profilesIn(folder: string): SigningProfiles {
  return async (versionArn) => {
    const [, name, version] = VERSION_ARN.exec(versionArn) ?? []
    if (folder === '' || name === undefined) return undefined
    const pem = await readFile(path.join(folder, name, `${version}.pem`)).catch(missing)
    if (pem === undefined) return undefined
    const key = createPublicKey(pem)
    return ['ed25519', 'ec'].includes(key.asymmetricKeyType ?? '') ? key : undefined
  }
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}
