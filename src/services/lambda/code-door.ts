import { createHmac, timingSafeEqual } from 'node:crypto'
import type { OpenBlob } from '../../store/blobs.ts'
import type { LambdaDeps } from './deps.ts'

/** AWS's links to code are good for ten minutes, too. */
const GOOD_FOR_MS = 10 * 60_000

/** Below the address by which the client reached us: `/_lambdad/code/<sha256>?expires=…&signature=…`. */
export const CODE_DOOR_PATH = '/_lambdad/code/'

/** A link to a package that works without credentials, for a while. */
export function codeLocation(
  { codeSecret, clock }: Pick<LambdaDeps, 'codeSecret' | 'clock'>,
  endpoint: string,
  sha256: string,
): string {
  const expires = String(clock.now() + GOOD_FOR_MS)
  const query = new URLSearchParams({ expires, signature: sign(codeSecret, sha256, expires) })
  return `${endpoint}${CODE_DOOR_PATH}${sha256}?${query}`
}

/** What the front door answers: a status and text, or the package itself as `application/zip`. */
export type CodeAnswer =
  | { readonly status: 200; readonly blob: OpenBlob }
  | { readonly status: 403 | 404; readonly message: string }

/** `target` is the request's path with its query, as it came. */
export async function codeDoor(
  deps: Pick<LambdaDeps, 'codeSecret' | 'clock' | 'blobs'>,
  target: string,
): Promise<CodeAnswer> {
  const [path = '', query = ''] = target.split('?', 2)
  const sha256 = path.slice(CODE_DOOR_PATH.length)
  const parameters = new URLSearchParams(query)
  const expires = parameters.get('expires') ?? ''
  const signature = parameters.get('signature') ?? ''
  if (!path.startsWith(CODE_DOOR_PATH) || !/^[0-9a-f]{64}$/.test(sha256))
    return { status: 404, message: 'There is no such code.' }
  if (!isSame(signature, sign(deps.codeSecret, sha256, expires)))
    return { status: 403, message: 'The signature of this link is not ours.' }
  if (Number(expires) <= deps.clock.now())
    return { status: 403, message: 'This link has expired; GetFunction gives a new one.' }
  const blob = await deps.blobs.open(sha256)
  return blob === undefined ? { status: 404, message: 'This code has been deleted.' } : { status: 200, blob }
}

function sign(secret: string | Buffer, sha256: string, expires: string): string {
  return createHmac('sha256', secret).update(`${sha256}\n${expires}`).digest('hex')
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
