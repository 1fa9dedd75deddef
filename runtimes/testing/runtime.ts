import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { type ScriptedApi, startApi } from './runtime-api.ts'

/** One event of the framed log channel. */
export interface Frame {
  readonly type: 'Text' | 'JSON'
  readonly level: string | undefined
  /** Microseconds since the epoch. */
  readonly timestamp: number
  readonly text: string
}

export interface RunningRuntime extends ScriptedApi {
  readonly folder: string
  /** The folder of the function's code. */
  readonly taskRoot: string
  readonly frames: Frame[]
  stdout(): string
  stderr(): string
  /** Resolves with the exit code, or the signal's name. */
  readonly exit: Promise<number | string>
}

export interface RuntimeOptions {
  readonly argv: readonly string[]
  /** Files of the function by their names. */
  readonly code: Record<string, string | Uint8Array>
  readonly handler: string
  readonly env?: Record<string, string | undefined>
  readonly transport?: 'unix' | 'tcp'
  /** False: the runtime writes to stdout instead. */
  readonly framed?: boolean
}

const FUNCTION_ENV = {
  AWS_LAMBDA_FUNCTION_NAME: 'f',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/f',
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/21/[$LATEST]00000000000000000000000000000000',
  AWS_REGION: 'us-east-1',
  PATH: '/usr/bin:/bin',
  TZ: ':UTC',
  LANG: 'en_US.UTF-8',
}

/** Starts a runtime on a function; everything ends with the test. */
export async function startRuntime(t: TestContext, options: RuntimeOptions): Promise<RunningRuntime> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-runtime-'))
  const taskRoot = path.join(folder, 'task')
  writeFiles(taskRoot, options.code)
  const api = await startApi(folder, options.transport)
  const framed = options.framed ?? true
  const [binary = '', ...args] = options.argv
  const child = spawn(binary, args, {
    cwd: taskRoot,
    env: definedOnly({
      ...FUNCTION_ENV,
      ...api.env,
      _HANDLER: options.handler,
      LAMBDA_TASK_ROOT: taskRoot,
      ...(framed ? { _LAMBDA_TELEMETRY_LOG_FD: '3' } : {}),
      ...options.env,
    }),
    stdio: ['ignore', 'pipe', 'pipe', framed ? 'pipe' : 'ignore'],
  })
  const exit = new Promise<number | string>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  )
  const output = [collect(child.stdio[1]), collect(child.stdio[2])] as const
  const frames: Frame[] = []
  // A runtime that ends without a word must not keep its test waiting.
  const initError = Promise.race([
    api.initError,
    exit.then((code) => Promise.reject(new Error(`it ended with ${code} first: ${output[1]()}`))),
  ])
  initError.catch(() => {})
  if (framed) readFrames(child.stdio[3] as NodeJS.ReadableStream, frames)

  t.after(async () => {
    child.kill('SIGKILL')
    await exit
    await api.close()
    rmSync(folder, { recursive: true })
  })
  return { ...api, initError, folder, taskRoot, frames, stdout: output[0], stderr: output[1], exit }
}

export function writeFiles(root: string, files: Record<string, string | Uint8Array>): void {
  mkdirSync(root, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), content)
  }
}

/** Until `found` gives something: output travels by another way than the answer. */
export async function until<Found>(found: () => Found | undefined | false): Promise<Found> {
  for (let tries = 0; tries < 500; tries++) {
    const value = found()
    if (value !== undefined && value !== false) return value
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('it did not happen within 2.5 seconds')
}

function definedOnly(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >
}

function collect(stream: unknown): () => string {
  const chunks: Buffer[] = []
  ;(stream as NodeJS.ReadableStream).on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}

const LEVELS: Record<number, string> = {
  4: 'TRACE',
  8: 'DEBUG',
  12: 'INFO',
  16: 'WARN',
  20: 'ERROR',
  24: 'FATAL',
}

function readFrames(stream: NodeJS.ReadableStream, frames: Frame[]): void {
  let rest: Buffer = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 16 && rest.length >= 16 + rest.readUInt32BE(4)) {
      const type = rest.readUInt32BE(0)
      const end = 16 + rest.readUInt32BE(4)
      frames.push({
        type: (type & 3) === 3 ? 'Text' : 'JSON',
        level: LEVELS[type & 0x1c],
        timestamp: Number(rest.readBigUInt64BE(8)),
        text: rest.toString('utf8', 16, end),
      })
      rest = rest.subarray(end)
    }
  })
}
