import { mkdirSync, writeFileSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import type { Random } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { UnpackedCode } from '../code/code-cache.ts'
import { OPT_FOLDER } from '../extensions/external.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { type OptParts, takeOpt } from '../opt/opt.ts'
import { RunningSandbox, type SandboxHost, type SandboxOutput } from '../sandbox/running.ts'
import { INSIDE, type SandboxSpec } from '../sandbox/sandbox.ts'
import type { Users } from '../users.ts'
import { hasLayers, type PassJob } from './compiled-code.ts'
import { unpackCompiled } from './unpack.ts'
import { isWorthCompiling } from './worth.ts'

export interface PassParts extends OptParts {
  readonly host: SandboxHost
  readonly users: Users
  readonly random: Random
  /** In which each running sandbox gets a folder. */
  readonly folder: string
  readonly codeOf: (fn: FunctionVersion) => Promise<string>
}

/** The compilers stop themselves before: after so much source, and after so much processor time. */
const OUTPUT_MAX = 64 * 1024 ** 2
const TIME_LIMIT_MS = 300_000

/** Of what one that failed has told. */
const SAID_BYTES = 200

const MEMORY_MB = 512
const TEMPORARY_MB = 128

/**
 * Compiles a version's modules into `into`. Returns the size of what is there then: 0 where there is too little to
 * compile. Throws where the compiler failed, or told more than it may.
 *
 * A compiler that reads code of others may be made to do what that code wants. So it runs walled in as that function
 * would, without a network, and has nothing to write to but its own /tmp: what it made comes out as bytes through its
 * output, of which the daemon makes the files. Nothing of the function's is run in it, nor loaded as a library.
 */
export async function compilePass(
  parts: PassParts,
  { fn, plan }: PassJob,
  into: string,
  signal: AbortSignal,
): Promise<number> {
  const { compiler } = plan
  if (compiler === undefined) return 0
  const code = await parts.code.take(fn.codeBlob, () => parts.codeOf(fn))
  let opt: UnpackedCode | undefined
  try {
    opt = hasLayers(fn) ? await takeOpt(parts, fn) : undefined
    const sources = [code.folder, ...(opt === undefined ? [] : [`${opt.folder}/${compiler.layers}`])]
    if (!(await isWorthCompiling(sources, compiler))) return 0
    const told = `${into}/.told`
    await run(parts, specOf(plan, code, opt), told, signal)
    const bytes = await unpackCompiled(told, into)
    await rm(told)
    return bytes
  } finally {
    opt?.release()
    code.release()
  }
}

type Given = Pick<SandboxSpec, 'argv' | 'codeFolder' | 'mounts'>

function specOf({ compiler, mounts }: LaunchPlan, code: UnpackedCode, opt: UnpackedCode | undefined): Given {
  const { argv = [], layers = '' } = compiler ?? {}
  return {
    argv: [...argv, INSIDE.code, ...(opt === undefined ? [] : [`${OPT_FOLDER}/${layers}`])],
    codeFolder: code.folder,
    mounts: [...mounts, ...(opt === undefined ? [] : [{ source: opt.folder, target: OPT_FOLDER }])],
  }
}

/** Writes what the compiler tells into a file. */
async function run(parts: PassParts, given: Given, told: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { host, users } = parts
  const id = `${parts.random.hex(8)}-compile`
  const folder = `${parts.folder}/${id}`
  const uid = host.sandbox.ownUsers ? users.take() : undefined
  const file = await open(told, 'wx', 0o600)
  try {
    mkdirSync(folder, { mode: 0o700 })
    // There is no Runtime API for it.
    writeFileSync(`${folder}/rt.sock`, '')
    const output = new Told(file, () => sandbox.kill())
    const sandbox = await RunningSandbox.start(
      host,
      {
        ...given,
        id,
        // No LD_LIBRARY_PATH above all: libraries of the function's would be run.
        variables: { LC_CTYPE: 'C.UTF-8', LAMBDAD_ENVIRONMENT: id },
        runtimeSocket: `${folder}/rt.sock`,
        folder,
        temporaryMb: TEMPORARY_MB,
        uid,
        offline: true,
        memoryMb: MEMORY_MB,
        waitsForLimits: false,
        inBackground: true,
      },
      output,
    )
    const how = await endOf(sandbox, host, signal)
    if (output.failure !== undefined) throw output.failure
    if (how !== 0) throw new Error(`compiling ahead ended with ${how}: ${await beginningOf(told)}`)
  } finally {
    await file.close()
    if (uid !== undefined) users.giveBack(uid)
  }
}

/** Resolves when nothing of it is left, with what it ended with: 0 where that was well. */
async function endOf(
  sandbox: RunningSandbox,
  { clock }: SandboxHost,
  signal: AbortSignal,
): Promise<number | string> {
  const over = new AbortController()
  const kill = () => sandbox.kill()
  signal.addEventListener('abort', kill)
  clock.sleep(TIME_LIMIT_MS, over.signal).then(kill, () => {})
  const { code, signal: by, error } = await sandbox.ended
  over.abort()
  signal.removeEventListener('abort', kill)
  await sandbox.gone
  return error ?? by ?? code ?? 'nothing said'
}

/** What a sandbox, or an interpreter, that does not work says of it. */
async function beginningOf(told: string): Promise<string> {
  const file = await open(told, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SAID_BYTES), 0, SAID_BYTES, 0)
    return JSON.stringify(buffer.toString('utf8', 0, bytesRead))
  } finally {
    await file.close()
  }
}

/** What comes out of the sandbox, bounded. */
class Told implements SandboxOutput {
  failure: Error | undefined
  readonly #file: FileHandle
  readonly #kill: () => void
  #bytes = 0

  constructor(file: FileHandle, kill: () => void) {
    this.#file = file
    this.#kill = kill
  }

  output(bytes: Uint8Array): Promise<void> | undefined {
    this.#bytes += bytes.length
    if (this.#bytes > OUTPUT_MAX) this.#fail(new Error(`a pass told more than ${OUTPUT_MAX} bytes`))
    if (this.failure !== undefined) return undefined
    return this.#file.write(bytes).then(
      () => {},
      (error) => this.#fail(error),
    )
  }

  record(): undefined {}

  extension(): undefined {}

  #fail(error: Error): void {
    this.failure ??= error
    this.#kill()
  }
}
