import { receiptHandleIsInvalid } from './errors.ts'

/** What a receipt handle says: which message of which queue, and which time of receiving it. */
export interface Receipt {
  readonly queueId: number
  readonly id: number
  readonly receipt: string
}

const PREFIX = 'AQEB'

export function formatReceiptHandle({ queueId, id, receipt }: Receipt): string {
  return PREFIX + Buffer.from(`${queueId} ${id} ${receipt}`).toString('base64')
}

export function readReceiptHandle(handle: string, queueId: number): Receipt {
  const text = handle.startsWith(PREFIX) ? Buffer.from(handle.slice(4), 'base64').toString('latin1') : ''
  const [, ofQueue, id, receipt = ''] = /^(\d{1,15}) (\d{1,15}) ([0-9a-f]+)$/.exec(text) ?? []
  if (Number(ofQueue) !== queueId) throw receiptHandleIsInvalid(handle)
  return { queueId, id: Number(id), receipt }
}
