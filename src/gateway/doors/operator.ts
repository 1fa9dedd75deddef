import { createHash, timingSafeEqual } from 'node:crypto'
import type { AccessKeys } from '../../aws/access-key.ts'
import type { Headers } from '../http.ts'

/** Whose things a request to an administrative door may see: one account's, anybody's, or nobody's. */
export type Operator = (headers: Headers) => Promise<{ readonly accountId?: string } | undefined>

/** Where every caller is believed: whoever reaches lambdad may look at all of it. */
export const anybody: Operator = async () => ({})

/** Where signatures are verified: who has the root key of an account sends it as `Authorization: Basic <id:secret>`. */
export function rootOnly(keys: AccessKeys): Operator {
  return async ({ authorization = '' }) => {
    const [, encoded = ''] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization) ?? []
    const [id = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':')
    const key = id === '' ? undefined : await keys.find(id, undefined)
    const isRoot = key?.principalArn.endsWith(':root') === true
    if (!isRoot || !isSame(key.secretAccessKey, rest.join(':'))) return undefined
    return { accountId: key.accountId }
  }
}

/** In the same time wherever they differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}
