import { serializationError } from '../errors.ts'
import type { Schema } from '../model/schema.ts'

/** Refuses a leaf that is not of its type: the SDK's readers let them pass. */
export type TypeCheck = (value: unknown) => void

/** The check for a schema's own type; undefined where any value will do. */
export function typeCheckOf(schema: Schema): TypeCheck | undefined {
  if (schema.isStringSchema()) return expecting('String', isText)
  if (schema.isNumericSchema()) return expecting('Number', isNumber)
  if (schema.isBooleanSchema()) return expecting('Boolean', (value) => typeof value === 'boolean')
  if (schema.isTimestampSchema()) return expecting('Timestamp', isTime)
  if (schema.isBlobSchema() && !schema.isStreaming()) {
    return expecting('Blob', (value) => value instanceof Uint8Array)
  }
  return undefined
}

export function expectObject(value: unknown): asserts value is Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array))
    return
  throw serializationError(
    Array.isArray(value)
      ? 'Start of list found where not expected'
      : `${tokenOf(value)} cannot be converted to a structure or map`,
  )
}

export function expectList(value: unknown): asserts value is unknown[] {
  if (Array.isArray(value)) return
  throw serializationError(`${tokenOf(value)} cannot be converted to a list`)
}

function expecting(type: string, isOfType: (value: unknown) => boolean): TypeCheck {
  return (value) => {
    if (!isOfType(value)) throw serializationError(mistake(value, type))
  }
}

function mistake(value: unknown, type: string): string {
  if (Array.isArray(value)) return 'Start of list found where not expected'
  if (typeof value === 'object' && value !== null) {
    return value instanceof Date
      ? 'The timestamp cannot be parsed'
      : 'Start of structure or map found where not expected.'
  }
  return `${tokenOf(value)} cannot be converted to ${type}`
}

/** AWS names the JSON token that it met. */
function tokenOf(value: unknown): string {
  if (typeof value === 'string') return 'STRING_VALUE'
  if (typeof value === 'number' || typeof value === 'bigint') return 'NUMBER_VALUE'
  return value === true ? 'TRUE_VALUE' : value === false ? 'FALSE_VALUE' : 'NULL_VALUE'
}

/** A text with a media type is a String object that parses itself when asked to. */
function isText(value: unknown): boolean {
  return typeof value === 'string' || value instanceof String
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value)
}

function isTime(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime())
}
