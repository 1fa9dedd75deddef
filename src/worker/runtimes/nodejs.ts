import path from 'node:path'
import type { Compiler } from '../launch-plan.ts'
import { awsSdk } from './aws-sdk.ts'
import { compareVersions } from './choose.ts'
import { type Family, LIBRARY_PATH, pathVariable, RUNTIME_FOLDER } from './family.ts'
import { type Installed, inFolders, inVersionFolders, type Places, parseVersion } from './installed.ts'

/** The part of a function's memory that the heap may take, as in Lambda's own runtime; the rest is for buffers. */
const HEAP_SHARE = 0.9

/** Node.js: what lambdad itself runs on is one of them. */
export const nodejs: Family = {
  title: ([major]) => `Node.js ${major}`,
  line: (runtime) => [Number(/^nodejs(\d+)\.x$/.exec(runtime)?.[1])],
  oldest: [18],
  installed: installedNodes,
  advice: ([major]) =>
    `install it (\`nvm install ${major}\`, \`fnm install ${major}\`, \`mise install node@${major}\`)`,

  plan: ({ runtime, binary, prefix, version }, bootstraps, { memoryMb }) => {
    const [major] = nodejs.line(runtime)
    const sdk = awsSdk(bootstraps)
    return {
      argv: [
        binary,
        `--max-old-space-size=${Math.trunc(memoryMb * HEAP_SHARE)}`,
        `${RUNTIME_FOLDER}/bootstrap.cjs`,
      ],
      env: {
        PATH: pathVariable(prefix),
        LD_LIBRARY_PATH: LIBRARY_PATH,
        NODE_PATH: [
          `/opt/nodejs/node${major}/node_modules`,
          '/opt/nodejs/node_modules',
          ...(sdk === undefined ? [] : [sdk.target]),
          '/var/task',
        ].join(':'),
        ...(sdk === undefined ? {} : { LAMBDAD_SDK: sdk.target }),
      },
      mounts: [
        // The binary alone: it needs nothing else, and what lies beside it may be somebody's home.
        { source: binary, target: binary },
        { source: path.join(bootstraps, 'node'), target: RUNTIME_FOLDER },
        ...(sdk === undefined ? [] : [sdk]),
      ],
      canWait: true,
      ...(keepsCompiled(version) && { compiler: compilerOf(binary, sdk?.target ?? '') }),
      runtimeVersion: `nodejs:${version.split('.')[0]}.v1`,
    }
  },
}

/** `module.enableCompileCache` came with 22.1, `flushCompileCache` with this one. */
const KEEPS_COMPILED = [22, 10, 0]

function keepsCompiled(version: string): boolean {
  return compareVersions(parseVersion(version) ?? [], KEEPS_COMPILED) >= 0
}

/** By Node's own internals, as no API of its compiles without running. Of another text of the SDK's Node takes nothing. */
function compilerOf(binary: string, sdk: string): Compiler {
  return {
    binary,
    argv: [binary, '--expose-internals', '--no-warnings', `${RUNTIME_FOLDER}/compile.cjs`, sdk],
    sources: ['.js', '.cjs', '.mjs'],
    ...(sdk !== '' && { loadsMuch: /["']@aws-sdk\// }),
    layers: 'nodejs',
  }
}

function installedNodes(places: Places): Installed[] {
  const { env, home } = places
  const data = env.XDG_DATA_HOME ?? path.join(home, '.local/share')
  const fnmFolders = [env.FNM_DIR, path.join(data, 'fnm'), path.join(home, '.fnm')].filter(isGiven)
  return [
    ownNode(),
    ...inVersionFolders(
      path.join(env.NVM_DIR ?? path.join(home, '.nvm'), 'versions/node'),
      'bin/node',
      'nvm',
    ),
    ...fnmFolders.flatMap((folder) =>
      inVersionFolders(path.join(folder, 'node-versions'), 'installation/bin/node', 'fnm'),
    ),
    ...inVersionFolders(
      path.join(env.ASDF_DATA_DIR ?? path.join(home, '.asdf'), 'installs/nodejs'),
      'bin/node',
      'asdf',
    ),
    ...inVersionFolders(
      path.join(env.MISE_DATA_DIR ?? path.join(data, 'mise'), 'installs/node'),
      'bin/node',
      'mise',
    ),
    ...inFolders(places, /^node$/, () => []),
  ]
}

/** The one that runs lambdad, which npm's package `node` may have brought. */
function ownNode(): Installed {
  const binary = process.execPath
  return {
    binary,
    version: parseVersion(process.version) ?? [],
    prefix: path.dirname(path.dirname(binary)),
    source: binary.includes('/node_modules/') ? 'npm' : 'PATH',
  }
}

function isGiven(folder: string | undefined): folder is string {
  return folder !== undefined && folder !== ''
}
