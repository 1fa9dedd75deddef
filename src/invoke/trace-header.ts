import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { lineageOf, roundsIn } from './lineage.ts'

interface Sources {
  readonly clock: Clock
  readonly random: Random
}

/**
 * The trace header that a function gets: the caller's trace goes on, or one begins that is not sampled
 * (AWS X-Ray Developer Guide, "Tracing header").
 */
export function traceHeaderFor(sources: Sources, functionArn: string, incoming: string | undefined): string {
  if (incoming === undefined || !hasRoot(incoming))
    return `${newTraceHeader(sources)};Lineage=${lineageOf(functionArn, undefined)}`
  const fields = fieldsOf(incoming)
  const sampled = fields.get('sampled') === '1' ? '1' : '0'
  const parent = fields.get('parent') ?? sources.random.hex(8)
  const lineage = lineageOf(functionArn, fields.get('lineage'))
  return `Root=${fields.get('root')};Parent=${parent};Sampled=${sampled};Lineage=${lineage}`
}

/** How often this function was invoked already in the chain that the caller's header is of. */
export function roundsOf(functionArn: string, incoming: string | undefined): number {
  if (incoming === undefined || !hasRoot(incoming)) return 0
  return roundsIn(functionArn, fieldsOf(incoming).get('lineage'))
}

/** Begins a trace that is not sampled. */
export function newTraceHeader({ clock, random }: Sources): string {
  const seconds = Math.trunc(clock.now() / 1000).toString(16)
  return `Root=1-${seconds}-${random.hex(12)};Parent=${random.hex(8)};Sampled=0`
}

export function hasRoot(header: string): boolean {
  return /\bRoot=1-[0-9a-f]{8}-[0-9a-f]{24}\b/i.test(header)
}

function fieldsOf(header: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const field of header.split(';')) {
    const [key = '', value = ''] = field.trim().split('=', 2)
    fields.set(key.toLowerCase(), value)
  }
  return fields
}
