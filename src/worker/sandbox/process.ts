import { mkdirSync } from 'node:fs'
import { INSIDE, type Isolation, type Sandbox, type SandboxedCommand, type SandboxSpec } from './sandbox.ts'

/**
 * A plain process: isolates nothing. For machines that allow no more, and for macOS. Paths as they are inside
 * a sandbox (`/var/task`, `/var/runtime`) become the host's own, wherever a variable or an argument has one.
 */
export class ProcessSandbox implements Sandbox {
  readonly name = 'process'
  readonly ownUsers = false
  readonly #advice: string | undefined

  constructor(advice?: string) {
    this.#advice = advice
  }

  async prepare(): Promise<void> {}

  command(spec: SandboxSpec): SandboxedCommand {
    const temporary = spec.temporary?.folder ?? `${spec.folder}/tmp`
    mkdirSync(temporary, { recursive: true })
    const places = [
      { source: spec.codeFolder, target: INSIDE.code },
      { source: spec.runtimeSocket, target: INSIDE.runtimeSocket },
      ...spec.mounts,
    ]
    const outside = (value: string) => onHost(value, places)
    const variables = Object.entries(spec.variables).map(([name, value]) => [name, outside(value)])
    return {
      argv: spec.argv.map(outside),
      variables: { TMPDIR: temporary, ...Object.fromEntries(variables) },
      cwd: spec.codeFolder,
      sandboxed: false,
    }
  }

  isolation(): Isolation {
    return {
      sandbox: this.name,
      isolates: false,
      isolated: [],
      shared: [
        'files: functions read and write all that the daemon can, other functions’ code and lambdad’s data included',
        'processes and other environments’ Runtime APIs, as far as the daemon’s user reaches',
        '/tmp: each environment has a folder of its own as TMPDIR, without a limit of size',
      ],
      ...(this.#advice === undefined ? {} : { advice: this.#advice }),
    }
  }
}

interface Place {
  readonly source: string
  readonly target: string
}

/** Lists such as PATH have several places in one value. */
function onHost(value: string, places: readonly Place[]): string {
  if (!value.includes('/')) return value
  return value
    .split(':')
    .map((part) => {
      const place = places.find(({ target }) => part === target || part.startsWith(`${target}/`))
      return place === undefined ? part : place.source + part.slice(place.target.length)
    })
    .join(':')
}
