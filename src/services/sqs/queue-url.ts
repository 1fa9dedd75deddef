import type { Call } from '../../aws/operation.ts'
import { invalidAddress } from './errors.ts'
import type { QueueKey } from './queue.ts'

/** By the address that the client used, since that is the one it will reach us under again. */
export function queueUrl({ accountId, name }: QueueKey, { endpoint }: Pick<Call, 'endpoint'>): string {
  return `${endpoint}/${accountId}/${name}`
}

const HOST_REGION = /^(?:sqs\.([a-z0-9-]+-\d)\.|([a-z0-9-]+-\d)\.queue\.)/

/**
 * The queue that a URL means. Beside ours, AWS's forms are understood, and those of emulators that people's scripts
 * may hold: `https://sqs.<region>.…/<account>/<name>`, `https://<region>.queue.…/<account>/<name>`,
 * `http://…/queue/<region>/<account>/<name>`; and a bare name, for a queue of the caller's.
 */
export function queueOfUrl(url: string, { accountId, region }: Call): QueueKey {
  if (/^[\w-]{1,75}(\.fifo)?$/.test(url)) return { accountId, region, name: url }
  const parsed = URL.parse(url)
  if (parsed === null) throw invalidAddress(url)
  const parts = parsed.pathname.split('/').filter((part) => part !== '')
  const ofPath = parts.length === 4 && parts[0] === 'queue' ? parts[1] : undefined
  const [account = '', name = ''] = parts.slice(-2)
  if (!/^\d{12}$/.test(account) || (parts.length !== 2 && ofPath === undefined)) throw invalidAddress(url)
  const host = HOST_REGION.exec(parsed.hostname)
  return { accountId: account, region: ofPath ?? host?.[1] ?? host?.[2] ?? region, name }
}
