import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Figure } from './figure.ts'
import { type BenchRuntime, clientOf, createEcho, makeCold, timedInvoke } from './support/functions.ts'
import { startLambdad } from './support/processes.ts'
import { median, quantile } from './support/statistics.ts'

const TURNS = 25

/** A first Invoke whose runtime is started for it, as its caller sees it, against starting the interpreter with an empty program. */
export async function coldStart(): Promise<Figure[]> {
  return [
    await against('nodejs24.x', process.execPath, ['-e', '']),
    await against('python3.11', 'python3.11', ['-c', '']),
  ]
}

async function against(runtime: BenchRuntime, interpreter: string, args: string[]): Promise<Figure> {
  const lambdad = await startLambdad('--pool-members', '0')
  const client = clientOf(lambdad.port)
  await createEcho(client, 'echo', runtime)
  await timedInvoke(lambdad.port, 'echo')

  const binary = await realInterpreter(interpreter)
  const cold: number[] = []
  const bare: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    await makeCold(client, 'echo', turn)
    cold.push(await timedInvoke(lambdad.port, 'echo'))
    bare.push(await timedStart(binary, args))
  }
  await lambdad.stop()
  const ms = (samples: number[]) =>
    `${median(samples).toFixed(1)} ms (p95 ${quantile(samples, 0.95).toFixed(1)})`
  return {
    what: `cold start of a small ${runtime} function, p50 against the bare interpreter`,
    value: median(cold) / median(bare),
    limit: { atMost: 1.5 },
    unit: '×',
    detail: `${ms(cold)} against ${ms(bare)}`,
  }
}

async function timedStart(binary: string, args: string[]): Promise<number> {
  const begun = performance.now()
  await once(spawn(binary, args, { stdio: 'ignore' }), 'exit')
  return performance.now() - begun
}

/** The binary behind a version manager's shim, which would cost more than the interpreter. */
async function realInterpreter(name: string): Promise<string> {
  if (name === process.execPath) return name
  const child = spawn(name, ['-c', 'import sys; print(sys.executable)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let printed = ''
  for await (const chunk of child.stdout) printed += chunk
  return printed.trim()
}
