import { createHash, type Hash } from 'node:crypto'
import { invalidParameterValue, unsupportedOperation } from './errors.ts'
import type { MessageAttribute, MessageAttributes } from './message.ts'
import { isSendable, SENDABLE_CHARACTERS } from './sendable.ts'

/** AWS SQS Developer Guide, "Amazon SQS message metadata". */
const ATTRIBUTES_MAX = 10
const NAME_LENGTH_MAX = 256
const TYPE_LENGTH_MAX = 256
const TRANSPORT_TYPES = { text: 1, binary: 2 } as const

/** Attributes as clients send them. */
export type AttributesInput = Readonly<Record<string, AttributeInput>>

interface AttributeInput {
  readonly DataType?: string | undefined
  readonly StringValue?: string | undefined
  readonly BinaryValue?: Uint8Array | undefined
  readonly StringListValues?: readonly string[] | undefined
  readonly BinaryListValues?: readonly Uint8Array[] | undefined
}

/** Checked, or undefined where there are none. */
export function readAttributes(input: AttributesInput | undefined): MessageAttributes | undefined {
  const entries = Object.entries(input ?? {})
  if (entries.length === 0) return undefined
  if (entries.length > ATTRIBUTES_MAX)
    throw invalidParameterValue(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${ATTRIBUTES_MAX}].`,
    )
  const attributes: Record<string, MessageAttribute> = Object.create(null)
  for (const [name, attribute] of entries) attributes[name] = readAttribute(name, attribute)
  return attributes
}

function readAttribute(name: string, input: AttributeInput): MessageAttribute {
  checkName(name)
  if (input.StringListValues?.length || input.BinaryListValues?.length)
    throw unsupportedOperation('Message attribute list values in SendMessage operation are not supported.')
  const dataType = input.DataType ?? ''
  checkType(name, dataType)
  if (dataType.startsWith('Binary')) {
    if (!input.BinaryValue?.length) throw emptyValue(name, 'Binary')
    return { dataType, binaryValue: input.BinaryValue }
  }
  const stringValue = input.StringValue
  if (!stringValue) throw emptyValue(name, 'String')
  if (!isSendable(stringValue))
    throw invalidParameterValue(
      `Invalid characters found in the value of message (user) attribute '${name}'. ${SENDABLE_CHARACTERS}`,
    )
  // AWS takes up to 38 digits; more than a double holds is kept as it was written.
  if (dataType.startsWith('Number') && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(stringValue.trim()))
    throw invalidParameterValue(`Can't cast the value of message (user) attribute '${name}' to a number.`)
  return { dataType, stringValue }
}

function checkName(name: string): void {
  if (name.length > NAME_LENGTH_MAX)
    throw invalidParameterValue(
      `Message (user) attribute name must be shorter than ${NAME_LENGTH_MAX} bytes.`,
    )
  // Letters of any script, as recorded from AWS.
  if (!/^[\p{L}\p{N}_.-]+$/u.test(name) || name.startsWith('.') || name.endsWith('.') || name.includes('..'))
    throw invalidParameterValue(
      'Message (user) attributes name can only contain upper and lower score alphabets, numbers, periods, hyphens and underscores.',
    )
  if (/^(aws|amazon)\./i.test(name))
    throw invalidParameterValue(
      `You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use.`,
    )
}

function checkType(name: string, dataType: string): void {
  if (dataType === '')
    throw invalidParameterValue(
      `The message attribute '${name}' must contain a non-empty message attribute type.`,
    )
  if (dataType.length > TYPE_LENGTH_MAX)
    throw invalidParameterValue(
      `Message (user) attribute '${name}' type must be shorter than ${TYPE_LENGTH_MAX} bytes.`,
    )
  if (!/^(String|Number|Binary)(\.|$)/.test(dataType))
    throw invalidParameterValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    )
}

/** Recorded from AWS. */
function emptyValue(name: string, type: string) {
  return invalidParameterValue(
    `Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`,
  )
}

export function attributesBytes(attributes: MessageAttributes | undefined): number {
  let bytes = 0
  for (const [name, { dataType, stringValue, binaryValue }] of Object.entries(attributes ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(dataType)
    bytes += stringValue === undefined ? (binaryValue?.length ?? 0) : Buffer.byteLength(stringValue)
  }
  return bytes
}

/** The digest that clients check (AWS SQS Developer Guide, "Calculating the MD5 message digest for message attributes"). */
export function attributesMd5(attributes: MessageAttributes | undefined): string | undefined {
  const names = Object.keys(attributes ?? {}).sort()
  if (attributes === undefined || names.length === 0) return undefined
  const hash = createHash('md5')
  for (const name of names) {
    const { dataType = '', stringValue, binaryValue } = attributes[name] ?? {}
    addWithLength(hash, name)
    addWithLength(hash, dataType)
    hash.update(Uint8Array.of(stringValue === undefined ? TRANSPORT_TYPES.binary : TRANSPORT_TYPES.text))
    addWithLength(hash, stringValue ?? binaryValue ?? '')
  }
  return hash.digest('hex')
}

function addWithLength(hash: Hash, value: string | Uint8Array): void {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  hash.update(length).update(bytes)
}

export function bodyMd5(body: string): string {
  return createHash('md5').update(body).digest('hex')
}

/** As they are kept: JSON, with bytes as base64. */
export function packAttributes(attributes: MessageAttributes | undefined): string | null {
  if (attributes === undefined) return null
  return JSON.stringify(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) =>
      stringValue === undefined
        ? [name, dataType, null, Buffer.from(binaryValue ?? []).toString('base64')]
        : [name, dataType, stringValue],
    ),
  )
}

export function unpackAttributes(text: string | null): MessageAttributes | undefined {
  if (text === null) return undefined
  const attributes: Record<string, MessageAttribute> = Object.create(null)
  for (const [name, dataType, stringValue, base64] of JSON.parse(text)) {
    attributes[name] =
      stringValue === null
        ? { dataType, binaryValue: Buffer.from(base64, 'base64') }
        : { dataType, stringValue }
  }
  return attributes
}

/** Of attributes that were not checked yet. */
export function inputBytes(input: AttributesInput | undefined): number {
  let bytes = 0
  for (const [name, { DataType = '', StringValue = '', BinaryValue }] of Object.entries(input ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType)
    bytes += BinaryValue?.length ?? Buffer.byteLength(StringValue)
  }
  return bytes
}
