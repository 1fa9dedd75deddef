import { textsOf } from './conditions.ts'

/**
 * Whether `Principal` means a service of AWS: `"*"`, or `{ "Service": … }`, one text or a list. The service in a region
 * (`logs.eu-west-1.amazonaws.com`) is meant by its name without the region, too.
 */
export function meansService(principal: unknown, service: string): boolean {
  if (principal === '*') return true
  const named = textsOf(memberOf(principal, 'Service'))
  return named.includes(service) || named.includes(service.replace(REGION, ''))
}

const REGION = /(?<=^[a-z0-9-]+)\.[a-z]{2,4}(-[a-z]+)+-\d+(?=\.amazonaws\.com)/

/** Whether `Principal` means an identity of IAM or STS: `"*"`, or `{ "AWS": … }` with an account, a root, or an ARN. */
export function meansIdentity(
  principal: unknown,
  { arn, accountId }: { readonly arn: string; readonly accountId: string },
): boolean {
  if (principal === '*') return true
  return textsOf(memberOf(principal, 'AWS')).some(
    (named) => named === '*' || isIdentity(named, arn, accountId),
  )
}

function memberOf(principal: unknown, name: 'Service' | 'AWS'): unknown {
  return typeof principal === 'object' && principal !== null ? Reflect.get(principal, name) : undefined
}

/** The account's root stands for everybody in it. */
function isIdentity(named: string, arn: string, accountId: string): boolean {
  if (named === arn || named === accountId) return true
  if (/^arn:aws[a-zA-Z-]*:iam::(\d{12}):root$/.exec(named)?.[1] === accountId) return true
  return roleOfSession(arn) === named
}

/** A session of a role is the role: `arn:aws:sts::1:assumed-role/r/s` is `arn:aws:iam::1:role/r`. */
function roleOfSession(arn: string): string | undefined {
  const [, partition, account, role] = /^arn:([^:]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn) ?? []
  return role === undefined ? undefined : `arn:${partition}:iam::${account}:role/${role}`
}
