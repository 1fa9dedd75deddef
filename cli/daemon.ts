import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Settings } from '../src/config.ts'
import { ExpectedError } from './arguments.ts'

/** Where the daemon of these settings listens. */
export function endpointOf(settings: Settings): string {
  const host = settings.host === '0.0.0.0' || settings.host === '::' ? '127.0.0.1' : settings.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${settings.port}`
}

/** What lambdad writes into the data folder for its own command line. */
export interface RootKeyFile {
  readonly accountId: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The root key, or undefined where lambdad has never run on this data folder or kept nothing. */
export async function readRootKey(settings: Settings): Promise<RootKeyFile | undefined> {
  try {
    return JSON.parse(await readFile(path.join(settings.data, 'root-key.json'), 'utf8')) as RootKeyFile
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** What an SDK client needs to speak to the daemon. Without a root key any credentials do: it is open then. */
export async function clientConfig(settings: Settings) {
  const key = await readRootKey(settings)
  return {
    endpoint: endpointOf(settings),
    region: settings.region,
    maxAttempts: 1,
    credentials: {
      accessKeyId: key?.accessKeyId ?? settings.account,
      secretAccessKey: key?.secretAccessKey ?? 'any',
    },
  }
}

/** The error of a call to a daemon that does not run, in plain words. */
export function explainedCall(error: unknown, settings: Settings): unknown {
  const { code, name, message } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') {
    return new ExpectedError(`nothing listens on ${endpointOf(settings)}. Start it with: lambdad start`)
  }
  if ('$metadata' in (error as object)) return new ExpectedError(`${name}: ${message}`)
  return error
}
