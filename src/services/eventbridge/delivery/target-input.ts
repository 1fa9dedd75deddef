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
  const bareText = isJsonTemplate(InputTemplate) ? bareTextOfJson : bareTextOfText
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

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** An object or an array: what is made of it must be JSON again. */
export function isJsonTemplate(template: string): boolean {
  return /^\s*[{[]/.test(template)
}

/** The names in a template that no target can have: neither paths nor reserved. */
export function unknownNames({ InputPathsMap = {}, InputTemplate = '' }: Transformer): string[] {
  const names = [...InputTemplate.matchAll(PIECE)].flatMap(([, name]) => (name === undefined ? [] : [name]))
  return names.filter((name) => !Object.hasOwn(InputPathsMap, name) && !RESERVED.has(name))
}

const RESERVED = new Set([
  'aws.events.rule-arn',
  'aws.events.rule-name',
  'aws.events.event.ingestion-time',
  'aws.events.event',
  'aws.events.event.json',
])

/** An escaped character, a quote, or a name in angle brackets. */
const PIECE = /\\.|"|<([A-Za-z0-9_.-]+)>/gs

function reserved({ event, rule, ruleArn, ingestedAt }: InputContext): [string, unknown][] {
  return [
    ['aws.events.rule-arn', ruleArn],
    ['aws.events.rule-name', rule.name],
    ['aws.events.event.ingestion-time', new Date(ingestedAt).toISOString()],
    ['aws.events.event', withoutDetail(event)],
    ['aws.events.event.json', event],
  ]
}

/** With the names and in the order recorded from AWS in June 2024. */
function withoutDetail({ id, account, time, source, region, resources, version, ...event }: BusEvent) {
  return { id, account, detailType: event['detail-type'], time, source, region, resources, version }
}

/** What is not there is an empty text, as recorded from AWS. */
function jsonText(value: unknown): string {
  return JSON.stringify(value ?? '')
}

/** In a template that is one text, anything but texts loses its quotes. */
function bareTextOfText(value: unknown): string {
  const text = bareTextOfJson(value)
  return typeof value === 'object' ? text.replaceAll('"', '') : text
}

/** Inside quotes a text is escaped as JSON is. An object stands as it is, which makes JSON invalid on AWS, too. */
function bareTextOfJson(value: unknown): string {
  const json = JSON.stringify(value ?? '')
  return typeof value === 'object' && value !== null ? json : json.replace(/^"|"$/g, '')
}
