import { parseJsonPath, readPath } from '../../../aws/json-path.ts'
import { type Pipe, pipeArn, type Scope } from '../pipe.ts'

export interface TemplateContext extends Scope {
  readonly pipe: Pipe
  /** Milliseconds since the epoch. */
  readonly ingestedAt: number
}

/** An escaped character, a quote, or a variable in angle brackets. */
const PIECE = /\\.|"|<(aws\.pipes\.[a-z.-]+|\$[^<>]*)>/gs
const VARIABLE = /^\s*<(aws\.pipes\.[a-z.-]+|\$[^<>]*)>\s*$/

const RESERVED: Readonly<Record<string, (context: TemplateContext, event: unknown) => unknown>> = {
  'aws.pipes.pipe-arn': (context) => pipeArn(context, context.pipe.name),
  'aws.pipes.pipe-name': ({ pipe }) => pipe.name,
  'aws.pipes.source-arn': ({ pipe }) => pipe.source,
  'aws.pipes.enrichment-arn': ({ pipe }) => pipe.enrichment,
  'aws.pipes.target-arn': ({ pipe }) => pipe.target,
  'aws.pipes.event.ingestion-time': ({ ingestedAt }) => new Date(ingestedAt).toISOString(),
  'aws.pipes.event': (_, event) => event,
  'aws.pipes.event.json': (_, event) => decoded(event),
}

/** The variables of a template that no value can be found for. */
export function unknownVariables(template: string): readonly string[] {
  return [...template.matchAll(PIECE)]
    .map(([, name]) => name)
    .filter((name): name is string => name !== undefined)
    .filter((name) =>
      name.startsWith('$') ? parseJsonPath(name) === undefined : !Object.hasOwn(RESERVED, name),
    )
}

/**
 * One event as the template makes it: a variable stands for JSON, inside quotes for bare text (Amazon EventBridge
 * User Guide, "Amazon EventBridge Pipes input transformation"). A template that is one variable alone gives a text
 * as it is. What is not there is `null`, and nothing inside quotes (unverified).
 */
export function transformed(template: string, event: unknown, context: TemplateContext): string {
  const only = VARIABLE.exec(template)?.[1]
  if (only !== undefined) return textOf(variable(only, event, context))
  let isQuoted = false
  return template.replace(PIECE, (piece, name: string | undefined) => {
    if (piece === '"') isQuoted = !isQuoted
    if (name === undefined) return piece
    const value = variable(name, event, context)
    return isQuoted ? bareText(value) : JSON.stringify(value ?? null)
  })
}

/** A text as it is, anything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

/** Parameters of targets may be paths into the event: `$.body.customer`. */
export function parameterOf(parameter: string, event: unknown): string {
  if (!parameter.startsWith('$')) return parameter
  return textOf(atPath(parameter, event) ?? '')
}

function variable(name: string, event: unknown, context: TemplateContext): unknown {
  return name.startsWith('$') ? atPath(name, event) : RESERVED[name]?.(context, event)
}

function atPath(path: string, event: unknown): unknown {
  const steps = parseJsonPath(path)
  return steps && readPath(decoded(event), steps)
}

/** What a message's body holds can be named without parsing it ("Implicit body data parsing"). */
function decoded(event: unknown): unknown {
  if (typeof event !== 'object' || event === null || !('body' in event)) return event
  if (typeof event.body !== 'string' || !/^\s*[[{]/.test(event.body)) return event
  try {
    return { ...event, body: JSON.parse(event.body) }
  } catch {
    return event
  }
}

function bareText(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return JSON.stringify(value).slice(1, -1)
  return JSON.stringify(value).replaceAll('"', '')
}
