import type { ProtocolName } from '../../src/aws/service.ts'

// What the wire cannot carry, so that no server could give it back.

interface KnownDifference {
  readonly service: string
  readonly protocols: readonly ProtocolName[]
  readonly begins: string
  readonly reason: string
}

const KNOWN: readonly KnownDifference[] = [
  {
    service: 'sqs',
    protocols: ['awsQuery'],
    begins: 'ReceiveMessage input AttributeNames',
    reason:
      'its two members AttributeNames and MessageSystemAttributeNames are both AttributeName.1 in a form',
  },
  {
    service: 'sqs',
    protocols: ['awsQuery'],
    begins: 'ReceiveMessage input MessageSystemAttributeNames',
    reason: 'as above',
  },
  {
    service: 'cloudwatch',
    protocols: ['rpcv2Cbor', 'awsJson1_0', 'awsQuery'],
    begins: 'error DashboardNotFoundError: came as ResourceNotFound',
    reason: 'two errors have the Query code ResourceNotFound, by which the client chooses',
  },
]

/** A required structure in which nothing is set leaves no trace in a form: it is missing. */
const MISSING_IN_FORM = /: Validation(Error|Exception): .*Value null at '[\w.]+' failed .* must not be null$/

/** Whether a difference is one that the wire cannot help. */
export function isKnown(service: string, protocol: ProtocolName, difference: string): boolean {
  if (protocol === 'awsQuery' && MISSING_IN_FORM.test(difference)) return true
  return KNOWN.some(
    (known) =>
      known.service === service && known.protocols.includes(protocol) && difference.startsWith(known.begins),
  )
}

/** A value as far as a protocol can carry it: forms and XML have nothing to write for what is empty. */
export function carried(protocol: ProtocolName, value: unknown): unknown {
  return protocol === 'awsQuery' || protocol === 'restXml' ? withoutEmpty(value) : value
}

function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(withoutEmpty).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  const members = Object.entries(value)
    .map(([name, member]) => [name, withoutEmpty(member)])
    .filter(([, member]) => member !== undefined)
  return members.length === 0 ? undefined : Object.fromEntries(members)
}
