import type { QueueMessageAttribute } from '../../aws/ports/sqs.ts'
import { invalidAttributeValue } from './errors.ts'

export type Attributes = Readonly<Record<string, QueueMessageAttribute>>

/** As clients send them. */
interface AttributeInput {
  readonly DataType?: string | undefined
  readonly StringValue?: string | undefined
  readonly BinaryValue?: Uint8Array | undefined
}

const NAME_MAX = 256
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

export function readAttributes(input: Readonly<Record<string, AttributeInput>> | undefined): Attributes {
  const attributes: Record<string, QueueMessageAttribute> = Object.create(null)
  for (const [name, attribute] of Object.entries(input ?? {})) attributes[name] = read(name, attribute)
  return attributes
}

function read(name: string, { DataType: dataType = '', StringValue, BinaryValue }: AttributeInput) {
  checkName(name)
  if (!/^(String|Number|Binary)(\.|$)/.test(dataType)) {
    throw invalidAttributeValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    )
  }
  if (dataType.startsWith('Binary')) {
    if (StringValue) throw wrongField(name, dataType, 'Binary')
    if (!BinaryValue?.length) throw emptyValue(name, dataType)
    return { dataType, binaryValue: BinaryValue }
  }
  if (BinaryValue?.length) throw wrongField(name, dataType, 'String')
  if (!StringValue) throw emptyValue(name, dataType)
  if (dataType.startsWith('Number') && !NUMBER.test(StringValue)) {
    throw invalidAttributeValue(`Could not cast message attribute '${name}' value to number.`)
  }
  return { dataType, stringValue: StringValue }
}

function checkName(name: string): void {
  const stray = /[^\w.-]/.exec(name)?.[0]
  const fault = [
    [name === '', 'The request must contain non-empty message attribute name.'],
    [name.length > NAME_MAX, 'Length of message attribute name must be less than 256 bytes.'],
    [
      stray !== undefined,
      `Invalid non-alphanumeric character '#x${codeOf(stray)}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`,
    ],
    [name.startsWith('.'), "Invalid message attribute name starting with character '.' was found."],
    [name.endsWith('.'), "Invalid message attribute name ending with character '.' was found."],
    [name.includes('..'), "Message attribute name can not have successive '.' character."],
  ].find(([isFault]) => isFault)
  if (fault !== undefined) throw invalidAttributeValue(String(fault[1]))
}

function codeOf(character = ''): string | undefined {
  return character.codePointAt(0)?.toString(16).toUpperCase()
}

function wrongField(name: string, dataType: string, field: 'String' | 'Binary') {
  return invalidAttributeValue(
    `The message attribute '${name}' with type '${dataType}' must use field '${field}'.`,
  )
}

function emptyValue(name: string, dataType: string) {
  return invalidAttributeValue(
    `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${dataType}'.`,
  )
}

export function attributesBytes(attributes: Attributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { dataType, stringValue = '', binaryValue }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(dataType) +
      Buffer.byteLength(stringValue) +
      (binaryValue?.length ?? 0),
    0,
  )
}

/** An attribute as JSON keeps it: binary values in base64. */
export interface KeptAttribute {
  readonly Type: string
  readonly Value: string
}

export function keptAttributes(attributes: Attributes): Record<string, KeptAttribute> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => {
      const Value = stringValue ?? Buffer.from(binaryValue ?? []).toString('base64')
      return [name, { Type: dataType, Value }]
    }),
  )
}

export function queueAttributes(kept: Readonly<Record<string, KeptAttribute>>): Attributes {
  return Object.fromEntries(
    Object.entries(kept).map(([name, { Type, Value }]) => [
      name,
      Type.startsWith('Binary')
        ? { dataType: Type, binaryValue: Buffer.from(Value, 'base64') }
        : { dataType: Type, stringValue: Value },
    ]),
  )
}
