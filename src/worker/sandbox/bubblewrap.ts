import { existsSync, lstatSync, realpathSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ENTER } from '../image/unpack-image.ts'
import type { FileStep, WallsBase, WallsPlan } from '../walls/walls.ts'
import { EnterTools, imageMounts } from './image-root.ts'
import { outOfTemporary } from './relocate.ts'
import {
  GROUP,
  INSIDE,
  type Isolation,
  type Mount,
  type Sandbox,
  type SandboxedCommand,
  type SandboxSpec,
  single,
  TEMPORARY_FD,
} from './sandbox.ts'
import { type FilteredArchitecture, seccompFilter } from './seccomp.ts'
import { addUser, makeSystemFiles } from './system-files.ts'

/** AWS's own numbers for the user inside, where environments cannot have one each. */
const SHARED_USER = { uid: 993, gid: 990 }

/** Folders that on most systems are links into /usr. */
const OUTSIDE_USR = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

/** Environments share a group: what one writes to a file system, others that have it mounted may change. */
const UMASK_OF_SHARED = 0o002

/** As the environment's user, who owns what is there: what even its owner may not read is not copied. */
const FILL_TEMPORARY = `/bin/cp -a /proc/self/fd/${TEMPORARY_FD}/. /tmp/ 2>/dev/null; exec ${TEMPORARY_FD}<&-; exec "$0" "$@"`

const NAMESPACES = ['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try']

/**
 * A sandbox by bubblewrap: namespaces of its own (the network's is made before, and joined), a file system of read-only mounts, no
 * privileges, a seccomp filter.
 *
 * As root, bwrap sets everything up with root's rights (code and runtimes may lie where only root can look) and
 * setpriv then becomes the environment's own user, for good. A user namespace would map that user to root.
 * Not as root, a user namespace is what gives the rights to set up.
 */
export class BubblewrapSandbox implements Sandbox {
  readonly name = 'bubblewrap'
  readonly ownUsers: boolean
  readonly #folder: string
  readonly #bwrap: string
  readonly #architecture: FilteredArchitecture | undefined
  /** Bounded by the number of users: they are used again. */
  readonly #named = new Set<number>()
  /** The tools to enter an image's root with. */
  readonly #enter: EnterTools
  #walls: readonly string[] = []
  #fixed: readonly string[] = []
  /** The same of files for the walls helper, which makes /proc and /dev by itself. */
  #fixedFiles: readonly FileStep[] = []

  /** `folder` is where its own files go. */
  constructor(folder: string, options: { readonly bwrap: string; readonly asRoot: boolean }) {
    this.#folder = folder
    this.#bwrap = options.bwrap
    this.#enter = new EnterTools(`${folder}/enter`)
    this.ownUsers = options.asRoot
    this.#architecture = process.arch === 'x64' || process.arch === 'arm64' ? process.arch : undefined
  }

  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    if (this.#architecture !== undefined) {
      await writeFile(this.#filter, seccompFilter(this.#architecture))
      await writeFile(this.#filterOfForks, seccompFilter(this.#architecture, true))
    }
    const overlaid = await makeSystemFiles(`${this.#folder}/etc`, this.ownUsers ? GROUP : SHARED_USER.gid)
    if (!this.ownUsers) this.#nameUser(SHARED_USER)
    this.#walls = [
      ...NAMESPACES,
      ...(this.ownUsers
        ? []
        : ['--unshare-user', '--uid', `${SHARED_USER.uid}`, '--gid', `${SHARED_USER.gid}`]),
      ...['--die-with-parent', '--new-session', '--hostname', 'localhost', '--info-fd', '4'],
      ...(this.#architecture === undefined ? [] : ['--seccomp', '5']),
    ]
    this.#fixedFiles = [
      ...systemFolders(),
      ['bind', `${this.#folder}/etc`, '/etc'],
      ...overlaid.map(({ source, target }) => ['bind', realpathSync(source), target] as const),
      ['folder', '/opt'],
    ]
    this.#fixed = [
      ...this.#walls,
      ...this.#fixedFiles.flatMap(argumentsFor),
      ...['--proc', '/proc', '--dev', '/dev', '--remount-ro', '/dev'],
    ]
  }

  command(given: SandboxSpec, { waitsForLimits }: { readonly waitsForLimits: boolean }): SandboxedCommand {
    if (given.image !== undefined) return this.#inImage(given, given.image.directory, waitsForLimits)
    const spec = outOfTemporary(given)
    const mounts: Mount[] = [
      spec.varFolder === undefined
        ? { source: spec.codeFolder, target: INSIDE.code }
        : { source: spec.varFolder, target: '/var' },
      { source: spec.runtimeSocket, target: INSIDE.runtimeSocket },
      ...single(spec.mounts).filter(({ target }) => !isWithin(target, '/usr')),
    ]
    const from = spec.temporary?.from
    const walls = waitsForLimits ? undefined : this.#walled(spec, mounts)
    const argv = from === undefined ? spec.argv : ['/bin/sh', '-c', FILL_TEMPORARY, ...spec.argv]
    return {
      argv: [
        ...joined(spec),
        this.#bwrap,
        ...this.#fixed,
        ...(spec.offline === true ? ['--unshare-net'] : []),
        ...(waitsForLimits ? ['--block-fd', '6'] : []),
        ...this.#user(spec),
        ...['--perms', '1777', '--size', `${spec.temporaryMb * 2 ** 20}`, '--tmpfs', '/tmp'],
        ...parents(mounts).flatMap(folder),
        ...mounts.flatMap(bind),
        ...['--remount-ro', '/', '--chdir', INSIDE.code, '--clearenv'],
        ...(spec.uid === undefined
          ? [...variables(spec), '--', ...argv]
          : asUser({ ...spec, argv }, spec.uid)),
      ],
      // A function's LD_PRELOAD and the like must not reach what still has rights.
      variables: {},
      cwd: '/',
      ...umaskFor(mounts),
      sandboxed: true,
      ...(this.#architecture === undefined
        ? {}
        : { seccompFilter: spec.forks === true ? this.#filterOfForks : this.#filter }),
      ...(from === undefined ? {} : { temporaryFrom: from }),
      ...(walls === undefined ? {} : { walls }),
    }
  }

  get walls(): WallsBase | undefined {
    if (!this.ownUsers || this.#architecture === undefined) return undefined
    return { filter: this.#filter, base: `${this.#folder}/root` }
  }

  /** For most: what takes more than these walls is bubblewrap's. */
  #walled(spec: SandboxSpec, mounts: readonly Mount[]): WallsPlan | undefined {
    const { uid, network, temporaryMb, variables, argv } = spec
    if (this.walls === undefined || uid === undefined || spec.forks === true) return undefined
    // Without a namespace's file it would leave the sandbox in the host's network.
    if (spec.offline === true) return undefined
    if (spec.temporary?.from !== undefined || mounts.some(({ isWritable }) => isWritable)) return undefined
    const files = [
      ...this.#fixedFiles,
      ...mounts.map(({ source, target }) => ['bind', source, target] as const),
    ]
    // They travel as lines.
    if (files.some((step) => step.some((word) => word.includes('\t')))) return undefined
    const folder = INSIDE.code
    return { files, network, uid, gid: GROUP, temporaryMb, folder, variables, argv, mounts: undefined }
  }

  async prepareImages(): Promise<void> {
    if (this.ownUsers) await this.#enter.prepare()
  }

  /** The image is the root, read-only but for /tmp; its runtime reaches the Runtime API by its port. */
  #inImage(spec: SandboxSpec, directory: string, waitsForLimits: boolean): SandboxedCommand {
    const { uid } = spec
    const own = uid === undefined ? undefined : asUser(spec, uid, (program) => this.#enter.argv(program))
    return {
      argv: [
        ...joined(spec),
        this.#bwrap,
        ...this.#walls,
        ...imageMounts(spec.codeFolder, `${this.#folder}/etc`),
        ...(own === undefined ? [] : ['--ro-bind', this.#enter.folder, ENTER]),
        ...(waitsForLimits ? ['--block-fd', '6'] : []),
        ...this.#user(spec),
        ...['--perms', '1777', '--size', `${spec.temporaryMb * 2 ** 20}`, '--tmpfs', '/tmp'],
        ...mountedInImage(spec.mounts),
        ...['--chdir', directory, '--clearenv'],
        ...(own ?? [...variables(spec), '--', ...spec.argv]),
      ],
      variables: {},
      cwd: '/',
      ...umaskFor(spec.mounts),
      sandboxed: true,
      ...(this.#architecture === undefined ? {} : { seccompFilter: this.#filter }),
    }
  }

  isolation(): Isolation {
    return {
      sandbox: this.name,
      isolates: true,
      isolated: [
        'files: /usr and the runtime are there read-only, the function’s code at /var/task, /tmp of its own; nothing else of the host',
        'processes, host name, System V IPC',
        this.ownUsers
          ? 'user: one for each environment, without privileges'
          : 'privileges: none, nor a way to gain some',
        ...(this.#architecture === undefined
          ? []
          : ['system calls: what functions have no use for is refused']),
      ],
      shared: [
        ...(this.ownUsers
          ? []
          : [
              'the user: all environments are the daemon’s user to the host, so the Runtime API’s ports do not tell them apart',
            ]),
        ...(this.#architecture === undefined ? [`system calls: there is no filter for ${process.arch}`] : []),
      ],
    }
  }

  get #filter(): string {
    return `${this.#folder}/seccomp.bpf`
  }

  get #filterOfForks(): string {
    return `${this.#folder}/seccomp-forks.bpf`
  }

  /** So that the environment's user has a name. */
  #user({ uid }: SandboxSpec): string[] {
    if (uid === undefined) return []
    this.#nameUser({ uid, gid: GROUP })
    return ['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`])
  }

  #nameUser(user: { uid: number; gid: number }): void {
    if (this.#named.has(user.uid)) return
    this.#named.add(user.uid)
    addUser(`${this.#folder}/etc`, user)
  }
}

/** The variables come after the user: by LD_LIBRARY_PATH a function could put its code into setpriv. */
function asUser(
  spec: SandboxSpec,
  uid: number,
  start: (program: string) => readonly string[] = (program) => [program],
): string[] {
  return [
    '--',
    ...start('/usr/bin/setpriv'),
    `--reuid=${uid}`,
    `--regid=${GROUP}`,
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
    '--no-new-privs',
    ...start('/usr/bin/env'),
    ...Object.entries(spec.variables).map(([name, value]) => `${name}=${value}`),
    ...spec.argv,
  ]
}

function joined({ network }: SandboxSpec): string[] {
  return network === undefined ? [] : ['/usr/bin/nsenter', `--net=${network}`]
}

function variables(spec: SandboxSpec): string[] {
  return Object.entries(spec.variables).flatMap(([name, value]) => ['--setenv', name, value])
}

function systemFolders(): FileStep[] {
  const others = OUTSIDE_USR.filter((name) => existsSync(name)).map((name) =>
    lstatSync(name).isSymbolicLink()
      ? (['link', `usr${name}`, name] as const)
      : (['bind', name, name] as const),
  )
  return [['bind', '/usr', '/usr'], ...others]
}

function argumentsFor(step: FileStep): string[] {
  if (step[0] === 'folder') return folder(step[1])
  return [step[0] === 'link' ? '--symlink' : '--ro-bind', step[1], step[2]]
}

function bind({ source, target, isWritable }: Mount): string[] {
  return [isWritable === true ? '--bind' : '--ro-bind', source, target]
}

/** The image's tree is read-only: what is mounted in its /mnt lies on a file system of its own. */
function mountedInImage(mounts: readonly Mount[]): string[] {
  if (mounts.length === 0) return []
  return [
    ...['--perms', '0755', '--tmpfs', '/mnt'],
    ...mounts.flatMap((mount) => [...folder(mount.target), ...bind(mount)]),
    ...['--remount-ro', '/mnt'],
  ]
}

function umaskFor(mounts: readonly Mount[]): { readonly umask?: number } {
  return mounts.some(({ isWritable }) => isWritable) ? { umask: UMASK_OF_SHARED } : {}
}

/** bwrap makes the folders above a mount for itself alone; these are for the environment's user too. */
function folder(name: string): string[] {
  return ['--perms', '0755', '--dir', name]
}

/** The folders above the mounts, outermost first, each once. */
function parents(mounts: readonly Mount[]): string[] {
  const found = new Set<string>()
  for (const { target } of mounts) {
    for (let up = path.dirname(target); up !== '/'; up = path.dirname(up)) found.add(up)
  }
  return [...found].sort()
}

function isWithin(target: string, folder: string): boolean {
  return target === folder || target.startsWith(`${folder}/`)
}
