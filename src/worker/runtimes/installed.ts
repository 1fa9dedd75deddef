import { closeSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs'
import path from 'node:path'

/** What brought a binary onto the machine. */
export type RuntimeSource =
  | 'pyenv'
  | 'nvm'
  | 'fnm'
  | 'asdf'
  | 'mise'
  | 'uv'
  | 'rbenv'
  | 'rvm'
  | 'chruby'
  | 'sdkman'
  | 'JAVA_HOME'
  | 'DOTNET_ROOT'
  | 'PATH'
  | 'system'
  | 'npm'

/** `3.12.1` as [3, 12, 1]; what is not known yet is missing at the end. */
export type Version = readonly number[]

/** An interpreter on the machine, as far as its place tells. */
export interface Installed {
  /** Absolute, without symbolic links. */
  readonly binary: string
  readonly version: Version
  /** The folder with all that belongs to it. */
  readonly prefix: string
  readonly source: RuntimeSource
}

/** Where to look, in the machine's own terms. */
export interface Places {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** The machine's own folders of binaries, whether or not PATH has them. */
  readonly systemFolders: readonly string[]
}

/**
 * The versions that a tool keeps, each in a folder named by its version: `folder/3.12.1/bin/python3`. Aliases
 * (`3.12`, `latest`) are links to them and end at the same binary.
 */
export function inVersionFolders(
  folder: string,
  binaryIn: string,
  source: RuntimeSource,
  versionOf: (name: string) => Version | undefined = parseVersion,
): Installed[] {
  return entriesOf(folder).flatMap((name) => {
    const version = versionOf(name)
    if (version === undefined) return []
    const binary = realBinary(path.join(folder, name, binaryIn))
    if (binary === undefined) return []
    return [{ binary, version, prefix: path.dirname(path.dirname(binary)), source }]
  })
}

/** Binaries in the folders of PATH and of the system whose names are `wanted`. */
export function inFolders(
  { env, systemFolders }: Places,
  wanted: RegExp,
  versionOf: (binary: string) => Version,
): Installed[] {
  const onPath = (env.PATH ?? '').split(':').filter((folder) => path.isAbsolute(folder))
  const found = new Map<string, Installed>()
  for (const [folders, source] of [
    [onPath, 'PATH'],
    [systemFolders, 'system'],
  ] as const) {
    for (const folder of folders) {
      for (const name of entriesOf(folder).filter((entry) => wanted.test(entry))) {
        const binary = realBinary(path.join(folder, name))
        if (binary === undefined || found.has(binary)) continue
        const version = versionOf(path.basename(binary))
        found.set(binary, { binary, version, prefix: path.dirname(path.dirname(binary)), source })
      }
    }
  }
  return [...found.values()]
}

/** `v22.1.0` and `22.1.0`; undefined for names that are no whole version. */
export function parseVersion(name: string): Version | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)$/.exec(name)
  return match === null ? undefined : match.slice(1).map(Number)
}

export function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

/** The file itself; undefined where there is none, or where it is a script: the shims of version managers. */
export function realBinary(file: string): string | undefined {
  let fd: number | undefined
  try {
    const real = realpathSync(file)
    fd = openSync(real, 'r')
    const start = Buffer.alloc(2)
    const bytes = readSync(fd, start, 0, 2, 0)
    return bytes < 2 || start.toString('latin1') === '#!' ? undefined : real
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
