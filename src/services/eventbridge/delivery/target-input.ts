import { parseJsonPath, readPath } from '../../../aws/json-path.ts'
import type { BusEvent } from '../event.ts'
import type { Rule, Target } from '../rule.ts'

export interface InputContext {
  readonly event: BusEvent
  readonly rule: Pick<Rule, 'name'>
  readonly ruleArn: string
  /** When the event came in; milliseconds since the epoch. */
  readonly ingestedAt: number
}

/** What a target is sent: the event, or what the rule's owner made of it. */
export function inputFor(target: Target, context: InputContext): string {
  if (target.Input !== undefined) return target.Input
  if (target.InputPath !== undefined) return textOf(at(target.InputPath, context.event))
  if (target.InputTransformer !== undefined) return transformed(target.InputTransformer, context)
  return JSON.stringify(context.event)
}

function at(path: string, event: BusEvent): unknown {
  return readPath(event, parseJsonPath(path) ?? [])
}

/** What is not there is left out: of a whole input nothing stays. */
function textOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value)
}

type Transformer = NonNullable<Target['InputTransformer']>

/**
 * Puts values in the place of `<names>`: as JSON where one stands alone, as bare text inside quotes (Amazon
 * EventBridge User Guide, "Amazon EventBridge input transformation").
 */
function transformed({ InputPathsMap = {}, InputTemplate = '' }: Transformer, context: InputContext): string {
  const values = new Map<string, unknown>(reserved(context))
  for (const [name, path] of Object.entries(InputPathsMap)) values.set(name, at(path, context.event))
  let isQuoted = false
  return InputTemplate.replace(PIECE, (piece, name: string | undefined) => {
    if (name === undefined) {
      if (piece === '"') isQuoted = !isQuoted
      return piece
    }
    if (!values.has(name)) return piece
    return isQuoted ? bareText(values.get(name)) : jsonText(values.get(name))
  })
}

/** An escaped character, a quote, or a name in angle brackets. */
const PIECE = /\\.|"|<([A-Za-z0-9_.-]+)>/gs

function reserved({ event, rule, ruleArn, ingestedAt }: InputContext): [string, unknown][] {
  const { detail: _, ...withoutDetail } = event
  return [
    ['aws.events.rule-arn', ruleArn],
    ['aws.events.rule-name', rule.name],
    ['aws.events.event.ingestion-time', new Date(ingestedAt).toISOString()],
    ['aws.events.event', withoutDetail],
    ['aws.events.event.json', event],
  ]
}

function jsonText(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}

/** Inside quotes a text is escaped as JSON is, and anything else loses its quotes, as AWS has it. */
function bareText(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return JSON.stringify(value).slice(1, -1)
  return JSON.stringify(value).replaceAll('"', '')
}
