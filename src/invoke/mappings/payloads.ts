import type { EventSource } from './source.ts'

/** Lambda's limit on the event of a synchronous invocation (Developer Guide, "Lambda quotas"). */
const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024
const HEAD = '{"Records":['
const TAIL = ']}'

/** `{"Records":[…]}` for all of the events: in one, or in as many as the limit asks for. */
export function payloadsOf<Event>(
  source: Pick<EventSource<Event>, 'record'>,
  events: readonly Event[],
  bytesMax: number = PAYLOAD_BYTES_MAX,
): { readonly events: readonly Event[]; readonly payload: Uint8Array }[] {
  const payloads: { events: Event[]; payload: Uint8Array }[] = []
  let part: Event[] = []
  let records: string[] = []
  let bytes = 0
  const finish = () => {
    if (part.length > 0)
      payloads.push({ events: part, payload: Buffer.from(HEAD + records.join(',') + TAIL) })
    part = []
    records = []
    bytes = HEAD.length + TAIL.length
  }
  finish()
  for (const event of events) {
    const record = JSON.stringify(source.record(event))
    const size = Buffer.byteLength(record) + 1
    if (bytes + size > bytesMax) finish()
    part.push(event)
    records.push(record)
    bytes += size
  }
  finish()
  return payloads
}
