import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import type { Mount } from '../sandbox/sandbox.ts'

/** Where the AWS SDK for JavaScript is inside, which Lambda's image has in /var/runtime. */
const SDK_FOLDER = '/var/lang/lib/node_modules'

/** The SDK's own packages are all in these. */
const SCOPES = ['@aws-sdk', '@smithy', '@aws']

const found = new Map<string, Mount | undefined>()

/**
 * The SDK among lambdad's own packages, where they are beside the bootstraps: its clients and what they need, and
 * none of the other packages.
 */
export function awsSdk(bootstraps: string): Mount | undefined {
  if (!found.has(bootstraps)) found.set(bootstraps, findSdk(path.resolve(bootstraps, '../node_modules')))
  return found.get(bootstraps)
}

function findSdk(folder: string): Mount | undefined {
  if (!existsSync(path.join(folder, '@aws-sdk'))) return undefined
  const packages = realpathSync(folder)
  const scopes = SCOPES.filter((scope) => existsSync(path.join(packages, scope)))
  const clients = scopes.flatMap((scope) =>
    readdirSync(path.join(packages, scope)).map((name) => `${scope}/${name}`),
  )
  return { source: packages, target: SDK_FOLDER, only: [...scopes, ...neededBy(clients, packages)] }
}

/** The packages outside of the SDK's scopes that these need, and those that these need in turn. */
function neededBy(names: readonly string[], packages: string): string[] {
  const needed = new Set(names)
  for (const name of needed) {
    for (const dependency of dependenciesOf(path.join(packages, name))) needed.add(dependency)
  }
  return [...needed].filter((name) => !SCOPES.some((scope) => name.startsWith(`${scope}/`)))
}

function dependenciesOf(folder: string): string[] {
  try {
    const { dependencies = {} } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
    return Object.keys(dependencies)
  } catch {
    return []
  }
}
