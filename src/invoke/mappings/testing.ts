import type { BatchOutcome, MappedFunctions, Mapping, MappingSource } from './mapping.ts'

export const QUEUE_ARN = 'arn:aws:sqs:us-east-1:111111111111:q'
export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:111111111111:function:f'

export function mappingOf(more: Partial<Mapping> = {}): Mapping {
  return {
    uuid: '6cb3ff4b-0000-4000-8000-000000000001',
    sourceArn: QUEUE_ARN,
    functionArn: FUNCTION_ARN,
    batchSize: 10,
    windowMs: 0,
    filters: [],
    reportsItemFailures: false,
    ...more,
  }
}

/** Mappings that a test sets. */
export class ScriptedMappings implements MappingSource {
  #mappings: readonly Mapping[] = []
  readonly #listeners = new Set<() => void>()

  set(...mappings: Mapping[]): void {
    this.#mappings = mappings
    for (const listener of this.#listeners) listener()
  }

  async polled(): Promise<readonly Mapping[]> {
    return this.#mappings
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export interface Batch {
  // biome-ignore lint/suspicious/noExplicitAny: what a function gets is for the test to know
  readonly records: readonly any[]
  readonly bodies: readonly string[]
  readonly payload: Uint8Array
  readonly traceHeader: string | undefined
}

/** A function that does with each batch what a test says. */
export class ScriptedFunction implements MappedFunctions {
  readonly batches: Batch[] = []
  timeoutMs = 3000
  concurrencyMax = 1000
  running = 0
  mostRunning = 0
  handle: (batch: Batch) => Promise<BatchOutcome> | BatchOutcome = () => returned(null)

  async invoke(_arn: string, payload: Uint8Array, traceHeader: string | undefined): Promise<BatchOutcome> {
    const { Records: records } = JSON.parse(Buffer.from(payload).toString('utf8'))
    const bodies = records.map(({ body }: { body: string }) => body)
    const batch = { records, bodies, payload, traceHeader }
    this.batches.push(batch)
    this.running++
    this.mostRunning = Math.max(this.mostRunning, this.running)
    try {
      return await this.handle(batch)
    } finally {
      this.running--
    }
  }

  async describe() {
    return { timeoutMs: this.timeoutMs, concurrencyMax: this.concurrencyMax }
  }
}

export function returned(value: unknown): BatchOutcome {
  return { kind: 'success', payload: Buffer.from(JSON.stringify(value)) }
}
