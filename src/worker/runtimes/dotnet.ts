import { existsSync } from 'node:fs'
import path from 'node:path'
import { platformFailure } from '../environment/payloads.ts'
import { CannotStart } from '../environment/runtime.ts'
import { type Family, LIBRARY_PATH, pathVariable } from './family.ts'
import {
  entriesOf,
  type Installed,
  inFolders,
  type Places,
  parseVersion,
  type RuntimeSource,
  realBinary,
} from './installed.ts'

/** .NET: an executable assembly with Amazon.Lambda.RuntimeSupport in the package; the official one, so none of ours. */
export const dotnet: Family = {
  title: ([major]) => `.NET ${major}`,
  line: (runtime) => [Number(/^dotnet(\d+)$/.exec(runtime)?.[1])],
  oldest: [8],
  installed: installedDotnets,
  advice: ([major]) =>
    `install it (\`apt install dotnet-runtime-${major}.0\` from Microsoft's feed, or its dotnet-install script)`,

  plan: ({ runtime, binary, prefix, version }, _bootstraps, { handler = '' }) => ({
    argv: [binary, 'exec', `/var/task/${assemblyOf(handler)}.dll`],
    env: {
      PATH: pathVariable(prefix),
      LD_LIBRARY_PATH: LIBRARY_PATH,
      DOTNET_ROOT: prefix,
      DOTNET_CLI_HOME: '/tmp',
      DOTNET_CLI_TELEMETRY_OPTOUT: '1',
      LAMBDA_RUNTIME_NAME: runtime,
    },
    mounts: ['dotnet', 'host', 'shared']
      .map((name) => path.join(prefix, name))
      .filter((name) => existsSync(name))
      .map((name) => ({ source: name, target: name })),
    runtimeVersion: `dotnet:${version.split('.')[0]}.v1`,
  }),
}

/** `Assembly::Type::Method` needs the class library loader of Lambda's own image. */
function assemblyOf(handler: string): string {
  if (!handler.includes('::')) return handler
  const wrong =
    `lambdad runs .NET functions as executable assemblies, whose handler is the assembly's name; ${handler} ` +
    'is a class library: give it a Main with Amazon.Lambda.RuntimeSupport'
  throw new CannotStart(wrong, (requestId) => platformFailure(requestId, 'Runtime.InvalidEntrypoint', wrong))
}

function installedDotnets(places: Places): Installed[] {
  const { env, home, systemFolders } = places
  const roots: [string | undefined, RuntimeSource][] = [
    [env.DOTNET_ROOT, 'DOTNET_ROOT'],
    [path.join(home, '.dotnet'), 'system'],
    ...systemFolders.flatMap((bin): [string, RuntimeSource][] => [
      [path.resolve(bin, '../lib/dotnet'), 'system'],
      [path.resolve(bin, '../share/dotnet'), 'system'],
    ]),
  ]
  const onPath = inFolders(places, /^dotnet$/, () => [])
  return [
    ...roots.flatMap(([root, source]) => inRoot(root, source)),
    ...onPath.flatMap(({ binary, source }) => inRoot(path.dirname(binary), source)),
  ]
}

/** One `dotnet` starts every version of the shared framework that lies beside it. */
function inRoot(root: string | undefined, source: RuntimeSource): Installed[] {
  const binary = root === undefined ? undefined : realBinary(path.join(root, 'dotnet'))
  if (binary === undefined) return []
  const prefix = path.dirname(binary)
  return entriesOf(path.join(prefix, 'shared/Microsoft.NETCore.App')).flatMap((name) => {
    const version = parseVersion(name)
    return version === undefined ? [] : [{ binary, version, prefix, source }]
  })
}
