import { xmlCodec } from './codecs.ts'
import type { ErrorFacts } from './error-facts.ts'

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** Writes no namespace: what it writes goes into elements that have one. */
export const plainXml = xmlCodec()

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** `<Code>…</Code><Message>…</Message>` and the error's other members. */
export function errorElements(facts: ErrorFacts): string {
  const code = `<Code>${escapeXml(facts.queryCode)}</Code>`
  return `${code}<Message>${escapeXml(facts.message)}</Message>${memberElements(facts)}`
}

/** Also the members that no model lists, as S3's errors have many: all are texts. */
export function flatErrorElements({ queryCode, message, members, messageMember = '' }: ErrorFacts): string {
  const others = { ...members, [messageMember]: undefined }
  return flatElements({ Code: queryCode, Message: message, ...others })
}

/** `<Key>text</Key>` of each member that is there. */
export function flatElements(members: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(members).filter(([, value]) => value !== undefined)
  return given.map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`).join('')
}

function memberElements({ schema, members, messageMember }: ErrorFacts): string {
  if (schema === undefined) return ''
  const others = messageMember === undefined ? members : { ...members, [messageMember]: undefined }
  return withoutRoot(String(plainXml.write(schema, others)))
}

/** What stands inside the outermost element. */
function withoutRoot(xml: string): string {
  return xml.replace(/^<[^>]*\/>$/, '').replace(/^<[^>]+>|<\/[^>]+>$/g, '')
}
