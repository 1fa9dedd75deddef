import { chmodSync, mkdirSync, rmdirSync, statSync, symlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { UnpackedCode } from '../code/code-cache.ts'
import { waitingVariables } from '../environment/variables.ts'
import type { Network, NetworkPlace } from '../network/network.ts'
import { invalidTransition } from '../runtime-api/answers.ts'
import type { Connection } from '../runtime-api/connection.ts'
import type { RuntimeCalls } from '../runtime-api/routes.ts'
import { RuntimeApi } from '../runtime-api/server.ts'
import { outOfTemporary } from '../sandbox/relocate.ts'
import { RunningSandbox, type SandboxHost, type SandboxOutput } from '../sandbox/running.ts'
import { compiledMounts, INSIDE, type Sandbox, type SandboxSpec, single } from '../sandbox/sandbox.ts'
import type { Users } from '../users.ts'
import type { Kind } from './eligible.ts'
import { LaterOutput } from './later-output.ts'
import type { Mounter } from './mounter.ts'

export interface MemberParts {
  readonly host: SandboxHost
  readonly users: Users
  readonly network: Network
  /** In which each running sandbox gets a folder. */
  readonly folder: string
  /** Where sandboxes have a file system of their own. */
  readonly mounter: Mounter | undefined
  /** Ends a boot that is under way. */
  readonly signal: AbortSignal
}

/** What a member is given when it gets a function. */
export interface Assignment {
  readonly codeFolder: string
  /** What was compiled of it ahead. */
  readonly compiledFolder: string | undefined
  readonly variables: Readonly<Record<string, string>>
  /** Where /tmp is where there is no sandbox. */
  readonly temporary: string
  readonly calls: RuntimeCalls
  readonly output: SandboxOutput
}

/** As long as AWS gives a function's init. */
const BOOT_TIMEOUT_MS = 10_000

/** A runtime in its sandbox that was booted without a function. It gets one, once. */
export class Member {
  readonly id: string
  readonly uid: number | undefined
  /** `127.0.0.1:40123`. */
  readonly runtimeApi: string
  readonly api: RuntimeApi
  /** Its own network, which goes with its sandbox. */
  readonly place: NetworkPlace | undefined
  readonly sandbox: RunningSandbox
  /** Nothing of it is left. */
  readonly gone: Promise<void>
  readonly #parts: MemberParts
  readonly #spec: SandboxSpec
  readonly #output: LaterOutput
  #connection: Connection | undefined
  #lost = false
  #assigned = false

  /** Resolves when it waits for its function. */
  static async boot(parts: MemberParts, kind: Kind, id: string): Promise<Member> {
    const { host, users } = parts
    const folder = `${parts.folder}/${id}`
    const place = await parts.network.take()
    const uid = host.sandbox.ownUsers ? users.take() : undefined
    const asks = Promise.withResolvers<Connection>()
    const api = new RuntimeApi(waitingCalls(asks), uid)
    mkdirSync(folder, { mode: 0o700 })
    let sandbox: RunningSandbox | undefined
    let opt: UnpackedCode | undefined
    try {
      // Its files stay where they are mounted for as long as it runs.
      opt = await kind.takeOpt()
      const runtimeApi = await api.listen(`${folder}/rt.sock`, place?.runtimeApi)
      const network = place?.namespace
      const spec = specOf(kind, { id, folder, uid, network, ownFiles: parts.mounter !== undefined })
      const output = new LaterOutput()
      const { memoryMb } = kind
      sandbox = await RunningSandbox.start(
        startedIn(host, parts.mounter),
        { ...spec, memoryMb, waitsForLimits: false, inBackground: true },
        output,
      )
      sandbox.gone.then(() => place?.release())
      sandbox.gone.then(() => opt?.release())
      const member = new Member(parts, spec, { api, runtimeApi, place, sandbox, output })
      member.#connection = await member.#booted(asks.promise)
      sandbox.endBackground()
      // It is not looked at while it waits, and is frozen.
      sandbox.rest()
      return member
    } catch (error) {
      api.close()
      sandbox?.kill()
      // Nothing runs, or what ran is gone with its folder.
      await (sandbox?.gone ?? rm(folder, { recursive: true, force: true }))
      if (sandbox === undefined) place?.release()
      if (sandbox === undefined) opt?.release()
      if (uid !== undefined && sandbox === undefined) users.giveBack(uid)
      throw error
    }
  }

  private constructor(
    parts: MemberParts,
    spec: SandboxSpec,
    {
      api,
      runtimeApi,
      place,
      sandbox,
      output,
    }: {
      api: RuntimeApi
      runtimeApi: string
      place: NetworkPlace | undefined
      sandbox: RunningSandbox
      output: LaterOutput
    },
  ) {
    this.id = spec.id
    this.uid = spec.uid
    this.runtimeApi = runtimeApi
    this.api = api
    this.place = place
    this.sandbox = sandbox
    this.#parts = parts
    this.#spec = spec
    this.#output = output
    sandbox.ended.then(() => {
      this.#lost = true
    })
    this.gone = sandbox.gone.then(() => {
      // Once assigned, it is its environment's runtime that says when it is gone.
      if (this.#assigned) return
      api.close()
      if (spec.uid !== undefined) parts.users.giveBack(spec.uid)
    })
  }

  /** It still waits. */
  get usable(): boolean {
    return !this.#lost && !this.#assigned
  }

  /**
   * Gives it its function. Rejects where the code cannot be brought in, and nothing has been told yet: it is of no
   * use then. From the moment this is called its user and its Runtime API are the caller's to give back.
   */
  async become({
    codeFolder,
    compiledFolder,
    variables,
    temporary,
    calls,
    output,
  }: Assignment): Promise<void> {
    await this.#bringIn(codeFolder, compiledFolder)
    if (!this.usable) throw new Error('A runtime ended while it waited for a function.')
    const { sandbox } = this.#parts.host
    const inside = sandbox.command(
      {
        ...this.#spec,
        codeFolder,
        mounts: [...this.#spec.mounts, ...compiledMounts(compiledFolder)],
        variables,
        temporary: { folder: temporary, from: undefined },
      },
      { waitsForLimits: false },
    )
    const message =
      this.#spec.varFolder === undefined
        ? { variables: inside.variables, folder: codeFolder }
        : { variables: outOfTemporary({ ...this.#spec, variables }).variables, folder: INSIDE.code }
    this.#assigned = true
    this.api.tell(calls)
    this.#output.to(output)
    this.sandbox.wake()
    this.#connection?.deliverJson(JSON.stringify(message))
  }

  /** Ends one that waits. */
  drop(): void {
    this.api.close()
    this.sandbox.kill()
  }

  async #booted(asks: Promise<Connection>): Promise<Connection> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, this.#parts.signal])
    const tooLong = this.#parts.host.clock.sleep(BOOT_TIMEOUT_MS, signal).then(
      () => undefined,
      () => undefined,
    )
    const asked = await Promise.race([asks, this.sandbox.ended.then(() => undefined), tooLong])
    over.abort()
    if (asked === undefined) throw new Error('A runtime for the pool did not come up.')
    return asked
  }

  async #bringIn(codeFolder: string, compiledFolder: string | undefined): Promise<void> {
    const { varFolder, folder } = this.#spec
    if (varFolder !== undefined) {
      const { mounter } = this.#parts
      const compiled = compiledMounts(compiledFolder).map(({ source, target }) =>
        mounter?.bind(source, within(varFolder, target)),
      )
      await Promise.all([mounter?.bind(codeFolder, `${varFolder}/task`), ...compiled])
      return
    }
    // The dynamic linker has its path since the boot: by this it finds the function's libraries.
    rmdirSync(`${folder}/task`)
    symlinkSync(codeFolder, `${folder}/task`)
  }
}

/** Until it has a function, there is one thing that a runtime may say. */
function waitingCalls(asks: PromiseWithResolvers<Connection>): RuntimeCalls {
  const refused = () => invalidTransition('Start', 'Ready')
  return {
    next: refused,
    response: refused,
    error: refused,
    initError: refused,
    closed: () => {},
    extension: () => ({ refused: refused() }),
    external: () => {},
    function: (connection) => {
      asks.resolve(connection)
      return undefined
    },
  }
}

function specOf(
  { plan, temporaryMb }: Kind,
  {
    id,
    folder,
    uid,
    network,
    ownFiles,
  }: {
    id: string
    folder: string
    uid: number | undefined
    network: string | undefined
    ownFiles: boolean
  },
): SandboxSpec {
  const task = ownFiles ? `${folder}/var/task` : `${folder}/task`
  mkdirSync(task, { recursive: true })
  if (ownFiles) {
    makeMountPoints(`${folder}/var`, plan.mounts)
    if (plan.compiler !== undefined) {
      mkdirSync(within(`${folder}/var`, INSIDE.compiled), { recursive: true, mode: 0o755 })
    }
    for (const made of [`${folder}/var`, task]) chmodSync(made, 0o755)
  }
  return {
    id,
    argv: plan.argv,
    variables: waitingVariables(id, plan.env),
    codeFolder: task,
    ...(ownFiles ? { varFolder: `${folder}/var` } : {}),
    mounts: plan.mounts,
    runtimeSocket: `${folder}/rt.sock`,
    folder,
    temporaryMb,
    uid,
    network,
  }
}

/** Where a folder of /var is made. */
function within(varFolder: string, target: string): string {
  return varFolder + target.slice('/var'.length)
}

/** bwrap cannot make them itself, as /var is read-only inside. */
function makeMountPoints(varFolder: string, mounts: Kind['plan']['mounts']): void {
  for (const { source, target } of single(mounts)) {
    if (!target.startsWith('/var/')) continue
    const point = within(varFolder, target)
    if (!statSync(source).isDirectory()) throw new Error(`${target} is no folder`)
    mkdirSync(point, { recursive: true, mode: 0o755 })
  }
}

/** The same host, whose sandboxes start where the mounter's mounts reach them. */
function startedIn(host: SandboxHost, mounter: Mounter | undefined): SandboxHost {
  if (mounter === undefined) return host
  const { sandbox } = host
  const there: Sandbox = {
    name: sandbox.name,
    ownUsers: sandbox.ownUsers,
    prepare: () => sandbox.prepare(),
    isolation: () => sandbox.isolation(),
    command: (spec, options) => {
      const command = sandbox.command(spec, options)
      const { walls } = command
      return {
        ...command,
        argv: [...mounter.prefix, ...command.argv],
        ...(walls === undefined ? {} : { walls: { ...walls, mounts: mounter.namespace } }),
      }
    },
  }
  return { ...host, sandbox: there }
}
