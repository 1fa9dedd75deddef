import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import type { Call } from '../../aws/operation.ts'
import type { OperationName } from '../../aws/sdk-types.ts'
import { createSwitchboard, type PortSources } from '../../aws/switchboard.ts'
import { type Clock, realClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { type RawEntry, rawZip } from '../../base/zip/testing.ts'
import { openFileBlobs } from '../../store/blobs.files.ts'
import type { BlobStore } from '../../store/blobs.ts'
import { MemoryChanges } from '../../store/changes.memory.ts'
import type { Changes } from '../../store/changes.ts'
import type { Database } from '../../store/database.ts'
import { openSqlite } from '../../store/sqlite.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { SnapshotOutcome } from '../../wire/worker.ts'
import type { ManagedScale } from './capacity/fleet.ts'
import type { ImageSettingsOfHost } from './image/pull.ts'
import type { AccountLimits } from './limits.ts'
import { createLambda, type Lambda } from './service.ts'
import type { SigningProfiles } from './signing/profiles.ts'
import type { LambdaInput, LambdaOutput } from './types.ts'

type Name = OperationName<typeof import('@aws-sdk/client-lambda')>

export const ACCOUNT = '123456789012'
export const REGION = 'eu-central-1'
export const SCOPE = { accountId: ACCOUNT, region: REGION }
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/lambda`
export const HOST = process.arch === 'arm64' ? 'arm64' : 'x86_64'

export interface TestLambda {
  readonly lambda: Lambda
  readonly database: Database
  readonly blobs: BlobStore
  /** Revisions that environments were told to run no more. */
  readonly retired: string[]
  /** What is provisioned. */
  readonly ahead: ScriptedAhead
  /** Functions whose events were deleted. */
  readonly forgotten: string[]
  /** What failed in the background. */
  readonly faults: unknown[]
  /** What went into lambdad's own log. */
  readonly warnings: string[]
  call<N extends Name>(name: N, input: LambdaInput<N>, from?: Partial<Call>): Promise<LambdaOutput<N>>
  /** Creates a small function and waits until it is active. */
  create(name: string, input?: Partial<LambdaInput<'CreateFunction'>>): Promise<void>
  /** Waits until the function, or one version of it, is neither Pending nor being updated. */
  settled(name: string, qualifier?: string): Promise<LambdaOutput<'GetFunctionConfiguration'>>
}

interface TestOptions {
  readonly clock?: Clock
  readonly limits?: AccountLimits
  readonly database?: Database
  readonly blobs?: BlobStore
  readonly changes?: Changes
  readonly images?: ImageSettingsOfHost
  readonly takeSnapshot?: (fn: FunctionVersion) => Promise<SnapshotOutcome>
  /** The other services, as far as the test needs them. */
  readonly ports?: PortSources
  readonly signingProfiles?: SigningProfiles
  readonly whyNoFileSystems?: () => string | undefined
  readonly runtimeVersions?: (runtime: string) => Promise<readonly string[]>
}

/** The service as main.ts builds it, on a database in memory, stopped when the test ends. */
export async function testLambda(t: TestContext, options: TestOptions = {}): Promise<TestLambda> {
  const database = options.database ?? (await openSqlite(':memory:'))
  const blobs = options.blobs ?? (await testBlobs(t))
  const retired: string[] = []
  const ahead = new ScriptedAhead()
  const faults: unknown[] = []
  const forgotten: string[] = []
  const warnings: string[] = []
  const lambda = createLambda({
    database,
    blobs,
    changes: options.changes ?? new MemoryChanges(),
    switchboard: createSwitchboard(options.ports ?? {}),
    clock: options.clock ?? realClock,
    random: realRandom,
    environments: {
      retire: (revision) => retired.push(revision),
      provision: ahead.provision,
      keepManaged: ahead.keepManaged,
      provisioned: ahead.provisioned,
    },
    takeSnapshot: options.takeSnapshot ?? (async () => ({ kind: 'taken' })),
    codeSecret: 'secret',
    architecture: HOST,
    forgetEvents: (key) => forgotten.push(key.name),
    images: options.images ?? { localFiles: true, dockerConfig: '/nonexistent' },
    reportFault: (error) => faults.push(error),
    ...(options.whyNoFileSystems && { whyNoFileSystems: options.whyNoFileSystems }),
    ...(options.runtimeVersions && { runtimeVersions: options.runtimeVersions }),
    warn: (message) => warnings.push(message),
    ...(options.signingProfiles && { signingProfiles: options.signingProfiles }),
    ...(options.limits && { limits: options.limits }),
  })
  await lambda.start()
  t.after(async () => {
    await lambda.stop()
    if (options.database === undefined) await database.close()
  })

  const operations = lambda.acrossAccounts(lambda.operations)
  const call: TestLambda['call'] = async (name, input, from) => {
    const operation = operations[name]
    if (operation === undefined) throw new Error(`there is no operation ${name}`)
    return (await operation(input as never, { ...testCall, ...from })) as never
  }
  const settled: TestLambda['settled'] = async (FunctionName, Qualifier) => {
    for (;;) {
      const shown = await call('GetFunctionConfiguration', { FunctionName, ...(Qualifier && { Qualifier }) })
      if (shown.State !== 'Pending' && shown.LastUpdateStatus !== 'InProgress') return shown
      await realClock.sleep(1)
    }
  }
  const create: TestLambda['create'] = async (name, input) => {
    await call('CreateFunction', { ...functionInput(name), ...input })
    await settled(name)
  }
  return { lambda, database, blobs, retired, ahead, faults, forgotten, warnings, call, create, settled }
}

/** Environments that are initialised as soon as they are wanted, unless the test says otherwise. */
export class ScriptedAhead {
  readonly #wanted = new Map<string, { fn: FunctionVersion; wanted: number; onChange: () => void }>()
  #holds = false
  #fails = false

  /** From now on nothing is initialised, until `proceed`. */
  hold(): void {
    this.#holds = true
  }

  fail(): void {
    this.#fails = true
    this.proceed()
  }

  proceed(): void {
    this.#holds = false
    for (const { onChange } of this.#wanted.values()) onChange()
  }

  /** What is wanted, by version. */
  get wanted(): Record<string, number> {
    return Object.fromEntries([...this.#wanted.values()].map(({ fn, wanted }) => [fn.version, wanted]))
  }

  /** What versions on managed instances are to have, by version. */
  readonly managed: Record<string, ManagedScale> = {}

  readonly keepManaged = (fn: FunctionVersion, scale: ManagedScale) => {
    this.managed[fn.version] = scale
  }

  readonly provision = (fn: FunctionVersion, wanted: number, onChange: () => void) => {
    if (wanted === 0) this.#wanted.delete(fn.revision)
    else this.#wanted.set(fn.revision, { fn, wanted, onChange })
    onChange()
  }

  readonly provisioned = (revision: string) => {
    const { wanted = 0 } = this.#wanted.get(revision) ?? {}
    const available = this.#holds || this.#fails ? 0 : wanted
    return { allocated: this.#fails ? 0 : wanted, available, failed: this.#fails }
  }
}

export async function testBlobs(t: TestContext): Promise<BlobStore> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lambdad-code-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return openFileBlobs(folder, { clock: realClock, random: realRandom })
}

/** All that AWS wants to be given. */
export function functionInput(name: string): LambdaInput<'CreateFunction'> {
  return {
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: ROLE,
    Code: { ZipFile: zipOf('exports.handler = async (event) => event') },
  }
}

/** A package with one file. Other text, another package. */
export function zipOf(text: string): Buffer {
  return zipOfEntries([{ name: 'index.js', data: text }])
}

export function zipOfEntries(entries: readonly RawEntry[]): Buffer {
  return rawZip(entries)
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function arnOf(name: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`
}

/** What `assert.rejects` compares an error with: its name on the wire, its text, its status. */
export function refusal(code: string, message: string | RegExp, status?: number) {
  return { code, message, ...(status !== undefined && { status }) }
}

const testCall: Call = {
  accountId: ACCOUNT,
  region: REGION,
  principalArn: `arn:aws:iam::${ACCOUNT}:root`,
  accessKeyId: 'test',
  requestId: '00000000-0000-4000-8000-000000000000',
  endpoint: 'http://127.0.0.1:4566',
  traceHeader: undefined,
  trailers: {},
  signal: new AbortController().signal,
}
