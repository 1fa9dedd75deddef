import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { realClock } from '../base/clock.ts'
import { realRandom } from '../base/random.ts'
import { type RawEntry, rawZip } from '../base/zip/testing.ts'
import type { FunctionVersion } from '../wire/function-version.ts'
import type { Outcome } from '../wire/invocation.ts'
import type { PlatformEvent } from '../wire/platform-event.ts'
import type { Environment, LogRecord, TelemetrySink } from '../wire/worker.ts'
import type { RuntimeFinder } from './launch-plan.ts'
import type { NetworkChoice } from './network/network.ts'
import { findBubblewrap } from './sandbox/choose.ts'
import type { SandboxName } from './sandbox/sandbox.ts'
import type { WorkerSettings } from './settings.ts'
import { createWorker, type LocalWorker } from './worker.ts'

const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url))

/** The fixtures' own runtime on this test's own Node. */
export const fixtureRuntimes: RuntimeFinder = {
  find: async () => ({
    kind: 'found',
    plan: () => ({
      argv: [process.execPath, '/var/runtime/bootstrap.cjs'],
      env: {},
      mounts: [
        { source: FIXTURES, target: '/var/runtime' },
        { source: path.dirname(process.execPath), target: path.dirname(process.execPath) },
      ],
      runtimeVersion: 'nodejs:24.v1',
    }),
  }),
}

export interface TestWorker {
  readonly worker: LocalWorker
  readonly folder: string
  readonly log: Log
  readonly reported: unknown[]
  /** Keeps a layer of these files, and returns its name. */
  layer(entries: RawEntry[]): string
  /** Starts an environment of a function with this code: `index.cjs` where it is text. */
  startFunction(code: string | RawEntry[], changes?: Partial<FunctionVersion>): TestFunction
}

/** A worker that runs until the test ends, on a folder of its own. */
export async function testWorker(
  t: Pick<TestContext, 'after'>,
  sandbox: SandboxName,
  options: {
    settings?: Partial<WorkerSettings>
    runtimes?: RuntimeFinder
    full?: () => Promise<void> | undefined
    /** What is at /opt. */
    opt?: string
    /** In which access points have folders. */
    fileSystems?: string
    network?: NetworkChoice
    /** Sandboxes are made as in a daemon that is ready: by the walls helper, where that can be. */
    prepared?: boolean
    /** Its own where none is given. */
    folder?: string
  } = {},
): Promise<TestWorker> {
  const folder = options.folder ?? mkdtempSync(`${tmpdir()}/worker-`)
  const zips = new Map<string, string>()
  const log = new Log(options.full)
  const reported: unknown[] = []
  const worker = createWorker({
    clock: realClock,
    random: realRandom,
    telemetry: log,
    sandbox,
    folder,
    codeOf: async (fn) => zips.get(fn.codeBlob) as string,
    credentialsOf: () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' }),
    endpoint: () => 'http://127.0.0.1:4566',
    runtimes: options.runtimes ?? fixtureRuntimes,
    layerOf: async (sha256) => zips.get(sha256) as string,
    ...(options.opt === undefined ? {} : { optOf: async () => options.opt }),
    fileSystems: options.fileSystems,
    ...(options.network === undefined ? {} : { network: options.network }),
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    report: (error) => reported.push(error),
  })
  await worker.start()
  if (options.prepared === true) await worker.prepare()
  t.after(async () => {
    await worker.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const keep = (entries: RawEntry[]) => {
    const zip = rawZip(entries)
    const sha256 = createHash('sha256').update(zip).digest('hex')
    zips.set(sha256, path.join(folder, `${sha256}.zip`))
    writeFileSync(zips.get(sha256) as string, zip)
    return sha256
  }
  const startFunction = (code: string | RawEntry[], changes: Partial<FunctionVersion> = {}) => {
    const codeBlob = keep(typeof code === 'string' ? [{ name: 'index.cjs', data: code }] : code)
    return new TestFunction(worker, { ...testFunction, revision: codeBlob, codeBlob, ...changes })
  }
  return { worker, folder, log, reported, startFunction, layer: keep }
}

export const testFunction: FunctionVersion = {
  revision: 'r',
  accountId: '000000000000',
  region: 'us-east-1',
  name: 'f',
  version: '$LATEST',
  arn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
  roleArn: 'arn:aws:iam::000000000000:role/r',
  runtime: 'nodejs24.x',
  architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
  handler: 'index.handler',
  codeBlob: '',
  memoryMb: 512,
  timeoutMs: 8000,
  ephemeralStorageMb: 512,
  variables: {},
  logging: { format: 'Text', group: '/aws/lambda/f' },
}

/** One environment of a function, invoked one after the other. */
export class TestFunction {
  readonly environment: Environment
  #free = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()

  constructor(worker: LocalWorker, fn: FunctionVersion) {
    this.environment = worker.startEnvironment(fn, {
      initializationType: 'on-demand',
      listener: { onFree: () => this.#free.resolve(), onGone: () => this.#gone.resolve() },
    })
  }

  /** Resolves when the environment is free: its telemetry is there. */
  get free(): Promise<void> {
    return this.#free.promise
  }

  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /** Returns the outcome once the environment is free again. */
  async invoke(event: unknown, requestId: string = realRandom.uuid()): Promise<Outcome> {
    this.#free = Promise.withResolvers()
    const outcome = await this.environment.invoke({
      requestId,
      invokedFunctionArn: this.environment.fn.arn,
      payload: Buffer.from(JSON.stringify(event)),
      traceHeader: 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0',
    })
    await Promise.race([this.free, this.gone])
    return outcome
  }

  /** The JSON that a successful invocation, or one that failed, gave. */
  async call(event: unknown = {}): Promise<unknown> {
    return jsonOf(await this.invoke(event))
  }
}

export function jsonOf(outcome: Outcome): unknown {
  return outcome.kind === 'platform-error' ? outcome : JSON.parse(Buffer.from(outcome.payload).toString())
}

/** All that environments told. */
export class Log implements TelemetrySink {
  readonly events: PlatformEvent[] = []
  readonly records: LogRecord[] = []
  /** Events by type and output, in the order in which they came. */
  readonly lines: string[] = []
  readonly chunks: Buffer[] = []
  readonly #full: () => Promise<void> | undefined

  constructor(full: () => Promise<void> | undefined = () => undefined) {
    this.#full = full
  }

  get output(): TelemetrySink['output'] {
    return (_, bytes) => {
      this.chunks.push(Buffer.from(bytes))
      this.lines.push(Buffer.from(bytes).toString())
      return this.#full()
    }
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  event(_: unknown, event: PlatformEvent): void {
    this.events.push(event)
    this.lines.push(event.type)
  }

  record(_: unknown, record: LogRecord): Promise<void> | undefined {
    this.records.push(record)
    return this.#full()
  }
}

/** The sandboxes that this machine has. */
export async function sandboxesHere(): Promise<SandboxName[]> {
  const folder = mkdtempSync(`${tmpdir()}/bwrap-`)
  const found = await findBubblewrap(folder)
  rmSync(folder, { recursive: true, force: true })
  return 'sandbox' in found ? ['process', 'bubblewrap'] : ['process']
}

export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  )
}

/** Of a process that has ended: nothing. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = realClock.elapsed() + 8000
  while (!condition()) {
    assert.ok(realClock.elapsed() < deadline, 'It did not happen within 8 s.')
    await realClock.sleep(5)
  }
}
