import { spawn } from 'node:child_process'
import type { Figure } from './figure.ts'
import {
  type BenchRuntime,
  clientOf,
  createEcho,
  makeCold,
  SOURCES,
  timedInvoke,
} from './support/functions.ts'
import { timedPlainSpawn } from './support/plain-spawn.ts'
import { startLambdad } from './support/processes.ts'
import { median, quantile } from './support/statistics.ts'

const TURNS = 25

/**
 * A first Invoke whose runtime is started for it in the full sandbox, as its caller sees it, against a plain
 * spawn of the same runtime and bootstrap up to where it asks for an event.
 */
export async function coldStart(): Promise<Figure[]> {
  const python = await realInterpreter('python3.11')
  return [
    await against('nodejs24.x', [process.execPath, 'runtimes/node/bootstrap.cjs'], 1.2),
    await against('python3.11', [python, '-S', 'runtimes/python/bootstrap.py'], 1.3),
  ]
}

async function against(
  runtime: BenchRuntime,
  [binary = '', ...args]: readonly string[],
  atMost: number,
): Promise<Figure> {
  const lambdad = await startLambdad('--pool-members', '0')
  const client = clientOf(lambdad.port)
  await createEcho(client, 'echo', runtime)
  await timedInvoke(lambdad.port, 'echo')

  const argv = [binary, ...args.map((one) => (one.startsWith('-') ? one : `${process.cwd()}/${one}`))]
  const cold: number[] = []
  const plain: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    await makeCold(client, 'echo', turn)
    cold.push(await timedInvoke(lambdad.port, 'echo'))
    plain.push(await timedPlainSpawn(argv, SOURCES[runtime]))
  }
  await lambdad.stop()
  const ms = (samples: number[]) =>
    `${median(samples).toFixed(1)} ms (p95 ${quantile(samples, 0.95).toFixed(1)})`
  return {
    what: `cold start of a small ${runtime} function, p50 against a plain spawn of the same bootstrap`,
    value: median(cold) / median(plain),
    limit: { atMost },
    unit: '×',
    detail: `${ms(cold)} against ${ms(plain)}`,
  }
}

/** The binary behind a version manager's shim, which would cost more than the interpreter. */
async function realInterpreter(name: string): Promise<string> {
  const child = spawn(name, ['-c', 'import sys; print(sys.executable)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let printed = ''
  for await (const chunk of child.stdout) printed += chunk
  return printed.trim()
}
