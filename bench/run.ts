// `npm run bench [name …]`: every figure that SPECIFICATION.md promises, as a ratio measured in this run.
import { asynchronous } from './async.ts'
import { bursts } from './bursts.ts'
import { coldStart } from './cold-start.ts'
import { compiledAhead } from './compiled-ahead.ts'
import { controlPlane } from './control-plane.ts'
import { eventbridge } from './eventbridge.ts'
import type { Figure } from './figure.ts'
import { freeze } from './freeze.ts'
import { idleEnvironments } from './idle-environments.ts'
import { poolStart } from './pool-start.ts'
import { responseStream } from './response-stream.ts'
import { s3 } from './s3.ts'
import { snapStart } from './snap-start.ts'
import { sns } from './sns.ts'
import { sqs } from './sqs.ts'
import { startUp } from './start-up.ts'
import { throughput } from './throughput.ts'
import { warmInvoke } from './warm-invoke.ts'

const BENCHMARKS: Readonly<Record<string, () => Promise<Figure[]>>> = {
  'start-up': startUp,
  'warm-invoke': warmInvoke,
  throughput,
  'response-stream': responseStream,
  'cold-start': coldStart,
  'pool-start': poolStart,
  'compiled-ahead': compiledAhead,
  'snap-start': snapStart,
  bursts,
  freeze,
  'idle-environments': idleEnvironments,
  sqs,
  sns,
  async: asynchronous,
  'control-plane': controlPlane,
  eventbridge,
  s3,
}

const wanted = process.argv.slice(2)
let missed = 0
for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  for (const { what, value, limit, unit, detail } of await benchmark()) {
    const held = limit.atMost !== undefined ? value <= limit.atMost : value >= (limit.atLeast ?? 0)
    if (!held) missed++
    const promise = limit.atMost !== undefined ? `≤ ${limit.atMost}` : `≥ ${limit.atLeast}`
    console.log(
      `${held ? 'held  ' : 'MISSED'}  ${what}: ${value.toFixed(2)} ${unit} (promised ${promise})  ${detail}`,
    )
  }
}
process.exitCode = missed === 0 ? 0 : 1
