import { formatArn, parseArn } from '../../aws/arn.ts'
import { invalidParameter } from './errors.ts'
import type { Scope, Tags } from './scope.ts'

/** Every account has it in every region, without anybody making it. */
export const DEFAULT_BUS = 'default'

export interface Bus {
  readonly name: string
  readonly description?: string
  /** A policy document. */
  readonly policy?: string
  readonly tags: Tags
  readonly createdAt: number
  readonly modifiedAt: number
}

export function busArn({ accountId, region }: Scope, name: string): string {
  return formatArn({ service: 'events', region, accountId, resource: `event-bus/${name}` })
}

/** A bus, wherever it is. */
export interface BusAddress extends Scope {
  readonly name: string
}

/** The bus that a name or an ARN means; the default one where there is neither. */
export function busAddress(nameOrArn: string | undefined, caller: Scope): BusAddress {
  if (nameOrArn === undefined) return { ...caller, name: DEFAULT_BUS }
  const { accountId, region } = caller
  if (!nameOrArn.startsWith('arn:')) return { accountId, region, name: nameOrArn }
  const address = busOfArn(nameOrArn)
  if (address === undefined) throw invalidParameter('EventBusName', 'Provided Arn is not in correct format.')
  return address
}

export function busOfArn(text: string): BusAddress | undefined {
  const arn = parseArn(text)
  const name = arn?.service === 'events' ? arn.resource.match(/^event-bus\/(.+)$/)?.[1] : undefined
  return arn && name !== undefined ? { accountId: arn.accountId, region: arn.region, name } : undefined
}

/** The bus that a caller may change: one of its own account and region. */
export function ownBusName(nameOrArn: string | undefined, caller: Scope): string {
  const { accountId, region, name } = busAddress(nameOrArn, caller)
  if (accountId === caller.accountId && region === caller.region) return name
  throw invalidParameter('EventBusName', 'The event bus belongs to another account or region.')
}
