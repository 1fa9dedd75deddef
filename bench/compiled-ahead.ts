import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { LambdaClient, Runtime } from '@aws-sdk/client-lambda'
import type { Figure } from './figure.ts'
import { AUTHORIZATION, clientOf, createFunction, invocationsOf, makeCold } from './support/functions.ts'
import { type Server, startLambdadOn } from './support/processes.ts'
import { median, quantile } from './support/statistics.ts'

const TURNS = 20

/** Until a runtime waits in the pool again. */
const REFILL_MS = 250

/** The first cold start's pass begins a second after it, or when a busy machine has made it wait for a minute. */
const COMPILED_MS_MAX = 180_000

interface Case {
  readonly what: string
  readonly runtime: Runtime
  readonly sources: Readonly<Record<string, string>>
  /** What a pass leaves in its folder; absent where there is too little to compile. */
  readonly makes?: string
  readonly atMost: number
}

/** Cold Invokes of versions whose modules were compiled ahead, against the same where that is turned off. */
export async function compiledAhead(): Promise<Figure[]> {
  const [python, node, ruby] = ['python3.11', 'nodejs24.x', 'ruby3.3'] as const
  const cases: Case[] = [
    {
      what: 'Python, 2 MB of modules',
      runtime: python,
      sources: pythonModules(),
      makes: 'modules',
      atMost: 0.5,
    },
    { what: 'Node.js, a bundle of 5 MB', runtime: node, sources: nodeBundle(), makes: 'link', atMost: 0.75 },
    { what: 'Ruby, 2 MB of files', runtime: ruby, sources: rubyFiles(), makes: 'modules', atMost: 0.6 },
    { what: 'small Python', runtime: python, sources: SMALL[python], atMost: 1.1 },
    { what: 'small Node.js', runtime: node, sources: SMALL[node], atMost: 1.1 },
  ]
  const figures: Figure[] = []
  for (const one of cases) {
    figures.push(await against(one, 'started for it', ['--pool-members', '0'], 0))
    figures.push(await against(one, 'from the pool', [], REFILL_MS))
  }
  return figures
}

interface Side {
  readonly data: string
  readonly lambdad: Server
  readonly client: LambdaClient
  /** As the caller sees them. */
  readonly wall: number[]
  /** Processor time of importing the modules, as the function sees it. */
  readonly processor: number[]
}

async function against(
  { what, runtime, sources, makes, atMost }: Case,
  how: string,
  flags: readonly string[],
  pauseMs: number,
): Promise<Figure> {
  const sides = [await start(flags), await start([...flags, '--no-compile-ahead'])] as const
  for (const { client, lambdad } of sides) {
    await createFunction(client, 'f', runtime, sources)
    await invoke(lambdad.port)
  }
  if (makes !== undefined) await untilMade(sides[0].data, makes)
  for (let turn = 0; turn < TURNS; turn++) {
    for (const { client, lambdad, wall, processor } of turn % 2 === 0 ? sides : sides.toReversed()) {
      await makeCold(client, 'f', turn)
      await pause(pauseMs)
      const began = performance.now()
      processor.push(await invoke(lambdad.port))
      wall.push(performance.now() - began)
    }
  }
  for (const { lambdad, data } of sides) {
    await lambdad.stop()
    rmSync(data, { recursive: true })
  }
  const [ahead, never] = sides
  const ms = ({ wall, processor }: Side) =>
    `${median(wall).toFixed(1)} ms (p95 ${quantile(wall, 0.95).toFixed(1)}), of processor time ${median(processor).toFixed(1)} in the imports`
  const compared = makes === undefined ? 'wall' : 'processor'
  return {
    what: `cold start of ${what}, ${how}, compiled ahead: p50 of ${makes === undefined ? 'all' : 'the imports’ processor time'} against not`,
    value: median(ahead[compared]) / median(never[compared]),
    limit: { atMost },
    unit: '×',
    detail: `${ms(ahead)} against ${ms(never)}`,
  }
}

async function start(flags: readonly string[]): Promise<Side> {
  const data = mkdtempSync(path.join(tmpdir(), 'lambdad-bench-'))
  const lambdad = await startLambdadOn(data, ...flags)
  return { data, lambdad, client: clientOf(lambdad.port), wall: [], processor: [] }
}

/** Returns what the function returns. */
async function invoke(port: number): Promise<number> {
  const url = `http://127.0.0.1:${port}${invocationsOf('f')}`
  const response = await fetch(url, { method: 'POST', headers: { authorization: AUTHORIZATION }, body: '{}' })
  const answer: unknown = await response.json()
  if (typeof answer !== 'number') throw new Error(`the function answered ${JSON.stringify(answer)}`)
  return answer
}

async function untilMade(data: string, file: string): Promise<void> {
  const cache = `${data}/cache/code`
  const isMade = () =>
    readdirSync(cache).some((name) => !name.includes('.') && existsSync(`${cache}/${name}/${file}`))
  for (let waited = 0; !isMade(); waited += 100) {
    if (waited > COMPILED_MS_MAX) throw new Error('nothing was compiled ahead')
    await pause(100)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Milliseconds of processor time between two places of a module. */
const PYTHON_BEFORE = 'import time\nbegan = time.process_time()\n'
const PYTHON_AFTER =
  'took = (time.process_time() - began) * 1000\ndef handler(event, context):\n    return took\n'

const SMALL = {
  'python3.11': { 'index.py': `${PYTHON_BEFORE}${PYTHON_AFTER}` },
  'nodejs24.x': { 'index.mjs': 'export const handler = async () => 1' },
} as const

/** 200 modules of 10 KB, as an SDK has them, all of which are imported. */
function pythonModules(): Record<string, string> {
  const sources: Record<string, string> = { 'sdk/__init__.py': '' }
  for (let module = 0; module < 200; module++) sources[`sdk/m${module}.py`] = pythonModule(module)
  const imports = Array.from({ length: 200 }, (_, module) => `import sdk.m${module}\n`).join('')
  return { ...sources, 'index.py': `${PYTHON_BEFORE}${imports}${PYTHON_AFTER}` }
}

function pythonModule(module: number): string {
  const methods = Array.from(
    { length: 4 },
    (_, method) => `    def method_${method}(self, context, *, retries=3, region="us-east-1"):
        """Calls the next one of the stack until it answers."""
        for attempt in range(retries):
            try:
                return context.next({"attempt": attempt, "region": region, **self.__dict__})
            except ValueError as error:
                if not getattr(error, "retryable", False):
                    raise
        return None
`,
  ).join('')
  return Array.from(
    { length: 5 },
    (_, one) => `class Command${one}:\n    name = "m${module}-${one}"\n${methods}\n`,
  ).join('')
}

/** 200 files of 8 KB, all of which are required. */
function rubyFiles(): Record<string, string> {
  const sources: Record<string, string> = {}
  for (let file = 0; file < 200; file++) sources[`sdk/m${file}.rb`] = rubyFile(file)
  const requires = Array.from({ length: 200 }, (_, file) => `require_relative 'sdk/m${file}'\n`).join('')
  const now = 'Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID, :float_millisecond)'
  return {
    ...sources,
    'index.rb': `began = ${now}\n${requires}TOOK = ${now} - began\ndef handler(event:, context:) = TOOK\n`,
  }
}

function rubyFile(file: number): string {
  const methods = Array.from(
    { length: 4 },
    (_, method) => `    # Calls the next one of the stack until it answers.
    def method_${method}(context, retries: 3, region: 'us-east-1')
      retries.times do |attempt|
        return context.next(attempt: attempt, region: region, **@options)
      rescue ArgumentError => e
        raise unless e.respond_to?(:retryable) && e.retryable
      end
      nil
    end
`,
  ).join('')
  const classes = Array.from(
    { length: 5 },
    (_, one) => `  class Command${one}\n    NAME = 'm${file}-${one}'\n${methods}  end\n`,
  )
  return `module M${file}\n${classes.join('')}end\n`
}

/** As bundlers write it: modules as functions that are called when they are required, here all at once. */
function nodeBundle(): Record<string, string> {
  const modules = Array.from({ length: 750 }, (_, module) => {
    const classes = Array.from(
      { length: 20 },
      (_, one) => `  class Command${one} {
    constructor(input) { this.input = input; this.name = "m${module}-${one}" }
    resolve(context, next) {
      const { retries = 3, region = 'us-east-1' } = context
      for (let attempt = 0; attempt < retries; attempt++) {
        try { return next({ ...this.input, region, attempt }) } catch (error) { if (error.$retryable !== true) throw error }
      }
    }
  }
  exports.Command${one} = Command${one}\n`,
    ).join('')
    return `"m${module}"(exports, module) {\n${classes}}`
  })
  return {
    'bundle.js': `const modules = {\n${modules.join(',\n')}}\nfor (const name in modules) modules[name]({}, {})\n`,
    'index.js': `const began = process.cpuUsage()
require('./bundle.js')
const { user, system } = process.cpuUsage(began)
exports.handler = async () => (user + system) / 1000\n`,
  }
}
