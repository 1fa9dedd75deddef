import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Family, LIBRARY_PATH, pathVariable, RUNTIME_FOLDER } from './family.ts'
import {
  type Installed,
  inFolders,
  inVersionFolders,
  type Places,
  parseVersion,
  type Version,
} from './installed.ts'

/** Compiling the bootstrap takes a tenth of this. */
const COMPILE_TIMEOUT_MS = 10_000

export const python: Family = {
  title: (line) => `Python ${line.join('.')}`,
  line: (runtime) => /^python(\d+)\.(\d+)$/.exec(runtime)?.slice(1).map(Number) ?? [],
  oldest: [3, 8],
  installed: installedPythons,
  advice: (line) =>
    `install it (\`uv python install ${line.join('.')}\`, \`pyenv install ${line.join('.')}\`)`,

  /** Compiled once here, rather than at every start inside, where nothing may be written: 4 ms of 15. */
  prepare: async ({ binary, version }, bootstraps, run) => {
    const folder = path.join(bootstraps, 'python/lambdad_runtime')
    const tag = version.split('.').slice(0, 2).join('')
    if (isCompiled(folder, tag)) return
    await run(binary, ['-I', '-S', '-m', 'compileall', '-q', folder], { timeoutMs: COMPILE_TIMEOUT_MS })
  },

  plan: ({ binary, prefix, version }, bootstraps) => ({
    // Without `site`: the bootstrap does its part, in less time.
    argv: [binary, '-S', `${RUNTIME_FOLDER}/bootstrap.py`],
    env: { PATH: pathVariable(prefix), LD_LIBRARY_PATH: LIBRARY_PATH, LC_CTYPE: 'C.UTF-8' },
    mounts: [...foldersOf(prefix), { source: path.join(bootstraps, 'python'), target: RUNTIME_FOLDER }],
    canWait: true,
    compiler: {
      binary,
      argv: [binary, '-I', '-S', '-W', 'ignore', `${RUNTIME_FOLDER}/compile.py`],
      sources: ['.py'],
      layers: 'python',
    },
    canFork: isAtLeast(version, 3, 12),
    runtimeVersion: `python:${version.split('.').slice(0, 2).join('.')}.v1`,
  }),
}

/** A file that was changed since is compiled again, or every start would do it. */
function isCompiled(folder: string, tag: string): boolean {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.py'))
      .every((name) => {
        const compiled = path.join(folder, '__pycache__', name.replace(/py$/, `cpython-${tag}.pyc`))
        return statSync(compiled).mtimeMs >= statSync(path.join(folder, name)).mtimeMs
      })
  } catch {
    return false
  }
}

/** From 3.12 on Python itself can leave its namespaces. */
function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

/** What an interpreter is made of. Not the whole prefix, which may be somebody's home. */
function foldersOf(prefix: string): { source: string; target: string }[] {
  const folders = ['bin', 'lib', 'lib64'].map((name) => path.join(prefix, name))
  return folders.filter((folder) => existsSync(folder)).map((folder) => ({ source: folder, target: folder }))
}

function installedPythons(places: Places): Installed[] {
  const { env, home } = places
  const data = env.XDG_DATA_HOME ?? path.join(home, '.local/share')
  const asdf = env.ASDF_DATA_DIR ?? path.join(home, '.asdf')
  const mise = env.MISE_DATA_DIR ?? path.join(data, 'mise')
  const uv = env.UV_PYTHON_INSTALL_DIR ?? path.join(data, 'uv/python')
  return [
    ...inVersionFolders(
      path.join(env.PYENV_ROOT ?? path.join(home, '.pyenv'), 'versions'),
      'bin/python3',
      'pyenv',
    ),
    ...inVersionFolders(path.join(asdf, 'installs/python'), 'bin/python3', 'asdf'),
    ...inVersionFolders(path.join(mise, 'installs/python'), 'bin/python3', 'mise'),
    ...inVersionFolders(uv, 'bin/python3', 'uv', uvVersion),
    ...inFolders(places, /^python3(\.\d+)?$/, versionOfName),
  ]
}

/** `cpython-3.12.1-linux-x86_64-gnu`; other interpreters, and builds without a lock, are not meant. */
function uvVersion(name: string): Version | undefined {
  return parseVersion(/^cpython-([\d.]+)-/.exec(name)?.[1] ?? '')
}

/** `python3.11` tells its line. */
function versionOfName(name: string): Version {
  return /^python(\d+)\.(\d+)$/.exec(name)?.slice(1).map(Number) ?? []
}
