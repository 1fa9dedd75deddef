import { DeliveryError, type Sender } from '../../../aws/ports/delivery.ts'
import type { Switchboard } from '../../../aws/switchboard.ts'
import type { Clock } from '../../../base/clock.ts'
import type { BatchOutcome } from '../../../invoke/mappings/mapping.ts'
import { type Pipe, pipeArn, type Scope } from '../pipe.ts'
import { TARGETS, targetService } from './targets.ts'
import { type TemplateContext, transformed } from './template.ts'

export interface FlowDeps {
  readonly switchboard: Switchboard
  readonly clock: Clock
}

interface Flow extends FlowDeps {
  readonly pipe: Pipe
  readonly context: TemplateContext
  readonly sender: Sender
  readonly traceHeader: string | undefined
}

interface SourceEvent {
  readonly messageId: string
}

const HANDLED: BatchOutcome = { kind: 'success', payload: Buffer.from('null') }
const FAILED: BatchOutcome = { kind: 'failed' }

/**
 * Takes a batch of messages through enrichment and templates to the target. What the target did not take is
 * named as functions name it, `batchItemFailures`, and goes through the whole pipe again (Amazon EventBridge User
 * Guide, "Amazon EventBridge Pipes batching and concurrency").
 */
export async function runThrough(
  deps: FlowDeps,
  { pipe, ...scope }: Scope & { readonly pipe: Pipe },
  batch: { readonly records: readonly SourceEvent[]; readonly traceHeader: string | undefined },
): Promise<BatchOutcome> {
  const flow: Flow = {
    ...deps,
    pipe,
    context: { ...scope, pipe, ingestedAt: deps.clock.now() },
    sender: {
      principal: 'pipes.amazonaws.com',
      accountId: scope.accountId,
      sourceArn: pipeArn(scope, pipe.name),
      roleArn: pipe.roleArn,
    },
    traceHeader: batch.traceHeader,
  }
  try {
    const events = pipe.enrichment === undefined ? batch.records : await enriched(flow, batch.records)
    if (events === undefined) return FAILED
    if (events.length === 0) return HANDLED
    return targetService(pipe.target) === 'lambda'
      ? await invokeTarget(flow, events)
      : await sendEach(flow, events, batch.records)
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    return error.fault === 'Throttled' ? { kind: 'throttled' } : FAILED
  }
}

/** What the enrichment made of the events; none where its answer is empty, undefined where it failed. */
async function enriched(flow: Flow, events: readonly unknown[]): Promise<readonly unknown[] | undefined> {
  const { enrichment = '', enrichmentParameters } = flow.pipe
  const payload = arrayOf(flow, enrichmentParameters.InputTemplate, events)
  const answer = await flow.switchboard.lambda.invoke(
    enrichment,
    { payload, type: 'RequestResponse', ...traceOf(flow) },
    flow.sender,
  )
  if (answer.functionError !== undefined) return undefined
  const value: unknown = parsed(Buffer.from(answer.payload ?? '').toString('utf8'))
  if (isEmpty(value)) return []
  if (value === undefined) return undefined
  return Array.isArray(value) ? value : [value]
}

/** User Guide, "Event enrichment": `""`, `{}` and `[]` keep the target from being invoked. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** A function is sent the batch whole, and says itself which events it could not handle. */
async function invokeTarget(flow: Flow, events: readonly unknown[]): Promise<BatchOutcome> {
  const { target, targetParameters } = flow.pipe
  const payload = arrayOf(flow, targetParameters.InputTemplate, events)
  const waits = targetParameters.LambdaFunctionParameters?.InvocationType !== 'FIRE_AND_FORGET'
  const answer = await flow.switchboard.lambda.invoke(
    target,
    { payload, type: waits ? 'RequestResponse' : 'Event', ...traceOf(flow) },
    flow.sender,
  )
  if (answer.functionError !== undefined) return FAILED
  return waits && answer.payload !== undefined ? { kind: 'success', payload: answer.payload } : HANDLED
}

/** Other targets take the events one by one: some may be taken, and others not. */
async function sendEach(
  flow: Flow,
  events: readonly unknown[],
  records: readonly SourceEvent[],
): Promise<BatchOutcome> {
  const service = TARGETS[targetService(flow.pipe.target)]
  // An enrichment that returns more than the target's batch holds: it is not invoked.
  if (service === undefined || events.length > service.batchMax) return FAILED
  const failed: number[] = []
  const isOrdered = flow.pipe.source.endsWith('.fifo')
  for (const [index, event] of events.entries()) {
    // Of ordered messages none may overtake one that failed.
    const isHeldUp = isOrdered && failed.length > 0
    if (isHeldUp || !(await wasSent(flow, event))) failed.push(index)
  }
  if (failed.length === 0) return HANDLED
  // What came of which message is known only where the enrichment returned as many events as it got.
  if (events.length !== records.length) return FAILED
  const batchItemFailures = failed.map((index) => ({ itemIdentifier: records[index]?.messageId }))
  return { kind: 'success', payload: Buffer.from(JSON.stringify({ batchItemFailures })) }
}

async function wasSent(flow: Flow, event: unknown): Promise<boolean> {
  const { pipe, clock, switchboard, sender } = flow
  const input = inputOf(flow, pipe.targetParameters.InputTemplate, event)
  try {
    const outgoing = { event, input, now: clock.now() }
    await TARGETS[targetService(pipe.target)]?.send(switchboard, pipe, outgoing, sender)
    return true
  } catch (error) {
    if (error instanceof DeliveryError) return false
    throw error
  }
}

/** Each event through the template; a text that is no JSON becomes a JSON string. */
function arrayOf(flow: Flow, template: string | undefined, events: readonly unknown[]): Uint8Array {
  const items = events.map((event) => {
    const text = template ? inputOf(flow, template, event) : JSON.stringify(event)
    return text === '' || parsed(text) === undefined ? JSON.stringify(text) : text
  })
  return Buffer.from(`[${items.join(',')}]`)
}

function inputOf(flow: Flow, template: string | undefined, event: unknown): string {
  if (template) return transformed(template, event, flow.context)
  return typeof event === 'string' ? event : JSON.stringify(event)
}

function traceOf({ traceHeader }: Flow): { traceHeader?: string } {
  return traceHeader === undefined ? {} : { traceHeader }
}

function parsed(text: string): unknown {
  if (text === '') return ''
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
