import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Family, LIBRARY_PATH, pathVariable, RUNTIME_FOLDER } from './family.ts'
import {
  entriesOf,
  type Installed,
  inFolders,
  type Places,
  type RuntimeSource,
  realBinary,
  type Version,
} from './installed.ts'

/** The part of a function's memory that the heap may take, as in Lambda's own runtime: the JVM needs the rest. */
const HEAP_SHARE = 0.85

/** As on Lambda: a function runs on one processor or two, and not for long. On managed instances it does. */
const BRIEF = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** A JRE or JDK: javac is not needed. */
export const java: Family = {
  title: ([major]) => `Java ${major}`,
  line: (runtime) => [Number(/^java(\d+)(\.al2)?$/.exec(runtime)?.[1])],
  oldest: [11],
  installed: installedJavas,
  advice: ([major]) =>
    `install it (\`apt install openjdk-${major}-jre-headless\`, \`sdk install java ${major}-tem\`, \`mise install java@${major}\`)`,

  plan: ({ binary, prefix, version }, bootstraps, { memoryMb, managed }) => ({
    argv: [
      binary,
      `-XX:MaxHeapSize=${Math.trunc(memoryMb * HEAP_SHARE * 1024)}k`,
      ...(managed === undefined ? BRIEF : []),
      '-jar',
      `${RUNTIME_FOLDER}/lambdad-runtime.jar`,
    ],
    env: {
      PATH: pathVariable(prefix),
      LD_LIBRARY_PATH: LIBRARY_PATH,
      JAVA_HOME: prefix,
      // Lambda's locale may be missing here, and Java would take texts for ASCII.
      LC_ALL: 'C.UTF-8',
    },
    mounts: [...foldersOf(prefix), { source: path.join(bootstraps, 'java'), target: RUNTIME_FOLDER }],
    runtimeVersion: `java:${version.split('.')[0]}.v1`,
  }),
}

/** What a JVM is made of. */
function foldersOf(prefix: string): { source: string; target: string }[] {
  const folders = ['bin', 'lib', 'conf', 'legal', 'release'].map((name) => path.join(prefix, name))
  return folders.filter((folder) => existsSync(folder)).map((folder) => ({ source: folder, target: folder }))
}

function installedJavas(places: Places): Installed[] {
  const { env, home, systemFolders } = places
  const data = env.XDG_DATA_HOME ?? path.join(home, '.local/share')
  const kept = [
    ...systemFolders.map((bin) => [path.resolve(bin, '../lib/jvm'), '', 'system'] as const),
    ['/Library/Java/JavaVirtualMachines', 'Contents/Home', 'system'],
    [path.join(env.SDKMAN_DIR ?? path.join(home, '.sdkman'), 'candidates/java'), '', 'sdkman'],
    [path.join(env.ASDF_DATA_DIR ?? path.join(home, '.asdf'), 'installs/java'), '', 'asdf'],
    [path.join(env.MISE_DATA_DIR ?? path.join(data, 'mise'), 'installs/java'), '', 'mise'],
  ] as const
  return [
    ...inHome(env.JAVA_HOME, 'JAVA_HOME'),
    ...kept.flatMap(([folder, within, source]) =>
      entriesOf(folder).flatMap((name) => inHome(path.join(folder, name, within), source)),
    ),
    ...inFolders(places, /^java$/, () => []).flatMap(({ prefix, source }) => inHome(prefix, source)),
  ]
}

/** Its folder's name may be anything: its `release` file has the version. */
function inHome(folder: string | undefined, source: RuntimeSource): Installed[] {
  const binary = folder === undefined ? undefined : realBinary(path.join(folder, 'bin/java'))
  if (binary === undefined) return []
  const prefix = path.dirname(path.dirname(binary))
  const version = releaseOf(prefix)
  return version === undefined ? [] : [{ binary, version, prefix, source }]
}

/** `JAVA_VERSION="21.0.3"`, `"25"`, and `"1.8.0_402"` for what is too old anyway. */
function releaseOf(prefix: string): Version | undefined {
  try {
    const [, version] =
      /^JAVA_VERSION="([\d.]+)/m.exec(readFileSync(path.join(prefix, 'release'), 'utf8')) ?? []
    if (version === undefined) return undefined
    const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
    return [major, minor, patch]
  } catch {
    return undefined
  }
}
