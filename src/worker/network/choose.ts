import { constants, existsSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { Namespaces, type NamespacesParts } from './namespaces.ts'
import { type Network, type NetworkChoice, sharedNetwork } from './network.ts'

/** Beside PATH: a service's PATH often lacks the folders of the administrator's programs. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** What it takes, and the package that has it. */
const PACKAGES = { perl: 'perl', nft: 'nftables', nsenter: 'util-linux' } as const

/** A network of its own was asked for by name, and cannot be had. */
export class NoNetwork extends Error {
  constructor(why: string) {
    super(`--network isolated: ${why}`)
  }
}

export type NetworkParts = Omit<NamespacesParts, 'programs'>

/** A namespace for each environment where the machine allows it, or in words why the network is the host's. */
export async function chooseNetwork(choice: NetworkChoice, parts: NetworkParts): Promise<Network> {
  if (choice === 'shared') return sharedNetwork('the setting network=shared asks for it')
  const found = await findNamespaces(parts)
  if ('network' in found) return found.network
  if (choice === 'isolated') throw new NoNetwork(found.why)
  return sharedNetwork(found.why)
}

async function findNamespaces(parts: NetworkParts): Promise<{ network: Network } | { why: string }> {
  if (process.platform !== 'linux') return { why: `there are no network namespaces on ${process.platform}` }
  if (process.getuid?.() !== 0) return { why: 'only root can link namespaces: `sudo lambdad start` adds it' }
  if (process.arch !== 'x64' && process.arch !== 'arm64') return { why: `not known for ${process.arch}` }
  const programs = await findPrograms()
  if ('why' in programs) return programs
  try {
    return { network: await Namespaces.start({ ...parts, programs }) }
  } catch (error) {
    return { why: `this machine does not allow it: ${(error as Error).message}` }
  }
}

async function findPrograms(): Promise<{ perl: string; nft: string } | { why: string }> {
  const found: Record<string, string> = {}
  for (const name of Object.keys(PACKAGES) as (keyof typeof PACKAGES)[]) {
    const file = await programNamed(name)
    if (file === undefined) {
      return { why: `${name} is not installed; \`apt-get install ${PACKAGES[name]}\` adds it` }
    }
    found[name] = file
  }
  return found as { perl: string; nft: string }
}

async function programNamed(name: string): Promise<string | undefined> {
  for (const folder of FOLDERS) {
    const file = `${folder}/${name}`
    if (!existsSync(file)) continue
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (runs) return file
  }
  return undefined
}
