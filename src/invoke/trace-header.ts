import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'

/** Functions whose lineage hash is kept at hand, so that the hot path hashes nothing. */
const HASHES_MAX = 10_000
const hashes = new Map<string, string>()

/**
 * The trace header that a function gets: the caller's trace goes on, or one begins that is not sampled
 * (AWS X-Ray Developer Guide, "Tracing header"). The lineage is how Lambda counts loops (AWS Lambda
 * Developer Guide, "Recursive loop detection").
 */
export function traceHeaderFor(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  functionArn: string,
  incoming: string | undefined,
): string {
  const lineage = `Lineage=1:${lineageHash(functionArn)}:0`
  const parent = random.hex(8)
  if (incoming !== undefined && /\bRoot=1-[0-9a-f]{8}-[0-9a-f]{24}\b/i.test(incoming)) {
    return continued(incoming, parent, lineage)
  }
  const seconds = Math.trunc(clock.now() / 1000).toString(16)
  return `Root=1-${seconds}-${random.hex(12)};Parent=${parent};Sampled=0;${lineage}`
}

function continued(incoming: string, parent: string, lineage: string): string {
  const fields = new Map<string, string>()
  for (const field of incoming.split(';')) {
    const [key = '', value = ''] = field.trim().split('=', 2)
    fields.set(key.toLowerCase(), value)
  }
  const kept = fields.get('lineage')
  const sampled = fields.get('sampled') === '1' ? '1' : '0'
  const root = fields.get('root')
  return `Root=${root};Parent=${fields.get('parent') ?? parent};Sampled=${sampled};${kept ? `Lineage=${kept}` : lineage}`
}

function lineageHash(functionArn: string): string {
  const known = hashes.get(functionArn)
  if (known !== undefined) return known
  if (hashes.size >= HASHES_MAX) hashes.clear()
  const hash = createHash('sha256').update(functionArn).digest('hex').slice(0, 8)
  hashes.set(functionArn, hash)
  return hash
}
