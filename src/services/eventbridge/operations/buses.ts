import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import type { Bus } from '../bus.ts'
import { busArn, DEFAULT_BUS, ownBusName } from '../bus.ts'
import type { EventBridgeDeps, EventBridgeOperation } from '../deps.ts'
import {
  busExists,
  busNotFound,
  invalidNextToken,
  statementNotFound,
  unsupported,
  validationError,
} from '../errors.ts'
import { readPolicy, statementFor } from '../policy.ts'
import type { ResourceReader } from '../store.ts'
import { tagsFrom } from '../tags.ts'

export const createEventBus: EventBridgeOperation<'CreateEventBus'> = async (deps, input, call) => {
  const { Name: name = '' } = input
  if (input.EventSourceName !== undefined) throw unsupported('Partner event sources (EventSourceName)')
  refuseUnsupported(input)
  if (name.includes('/')) throw validationError("Event bus name must not contain '/'.")
  const now = deps.clock.now()
  const bus: Bus = { name, ...settingsOf(input), tags: tagsFrom(input.Tags), createdAt: now, modifiedAt: now }
  await deps.store.change(async (editor) => {
    if ((await findBus(editor, call, name)) !== undefined) throw busExists(name)
    await editor.save(call, 'bus', bus)
    await deps.busChanged(editor, { ...scopeOf(call), name })
  })
  return { EventBusArn: busArn(call, name), ...shownSettings(bus) }
}

export const updateEventBus: EventBridgeOperation<'UpdateEventBus'> = async (deps, input, call) => {
  refuseUnsupported(input)
  const name = input.Name ?? DEFAULT_BUS
  const bus = await changeBus(deps, call, name, (bus) => ({ ...bus, ...settingsOf(input) }))
  return { Arn: busArn(call, name), Name: name, ...shownSettings(bus) }
}

export const deleteEventBus: EventBridgeOperation<'DeleteEventBus'> = async (deps, input, call) => {
  const name = ownBusName(input.Name, call)
  if (name === DEFAULT_BUS) throw validationError('Cannot delete event bus default.')
  await deps.store.change(async (editor) => {
    const rules = await editor.list(call, 'rule', { bus: name, limit: 1 })
    if (rules.length > 0) throw validationError("Event bus can't be deleted since it has rules.")
    await editor.remove(call, 'bus', name)
    await deps.busChanged(editor, { ...scopeOf(call), name })
  })
  return {}
}

export const describeEventBus: EventBridgeOperation<'DescribeEventBus'> = async ({ store }, input, call) => {
  const name = ownBusName(input.Name, call)
  const bus = await existingBus(store, call, name)
  return { ...shown(call, bus), ...shownSettings(bus) }
}

export const listEventBuses: EventBridgeOperation<'ListEventBuses'> = async ({ store }, input, call) => {
  const prefix = input.NamePrefix ?? ''
  const { limit, after = '' } = pageStart(input, invalidNextToken)
  const query = { ...(input.NamePrefix !== undefined && { prefix }), after, limit: limit + 1 }
  const kept = await store.list(call, 'bus', query)
  const hasDefault = kept.some(({ name }) => name === DEFAULT_BUS)
  const isWanted = !hasDefault && DEFAULT_BUS.startsWith(prefix) && DEFAULT_BUS > after
  const all = isWanted ? [...kept, untouchedBus()].sort((a, b) => (a.name < b.name ? -1 : 1)) : kept
  const { shown: buses, rest } = pageOf(all, limit, ({ name }) => name)
  return { EventBuses: buses.map((bus) => shown(call, bus)), ...rest }
}

export const putPermission: EventBridgeOperation<'PutPermission'> = async (deps, input, call) => {
  const name = ownBusName(input.EventBusName, call)
  await changeBus(deps, call, name, (bus) => ({ ...bus, policy: policyWith(bus, name, input, call) }))
  return {}
}

function policyWith(bus: Bus, name: string, input: Parameters<typeof putPermission>[1], call: Call): string {
  const { Policy, StatementId: sid, Principal: principal, Action: action, Condition } = input
  if (Policy !== undefined) return JSON.stringify(readPolicy(Policy))
  if (sid === undefined || principal === undefined || action === undefined) {
    throw validationError('Parameter(s) StatementId, Principal and Action, or Policy, must be specified.')
  }
  if (principal !== '*' && !/^\d{12}$/.test(principal)) {
    throw validationError(`Parameter Principal is not valid. Reason: Principal must be * or 12 digits.`)
  }
  const condition = Condition && { [Condition.Type ?? '']: { [Condition.Key ?? '']: Condition.Value } }
  const statement = statementFor(call, name, { sid, principal, action, ...(condition && { condition }) })
  const { Version, Statement } = readPolicy(bus.policy)
  return JSON.stringify({ Version, Statement: [...Statement.filter(({ Sid }) => Sid !== sid), statement] })
}

export const removePermission: EventBridgeOperation<'RemovePermission'> = async (deps, input, call) => {
  const name = ownBusName(input.EventBusName, call)
  await changeBus(deps, call, name, (bus) => {
    const { policy: _, ...withoutPolicy } = bus
    if (input.RemoveAllPermissions) return withoutPolicy
    const { Version, Statement } = readPolicy(bus.policy)
    const left = Statement.filter(({ Sid }) => Sid !== input.StatementId)
    if (left.length === Statement.length) throw statementNotFound()
    return left.length === 0
      ? withoutPolicy
      : { ...bus, policy: JSON.stringify({ Version, Statement: left }) }
  })
  return {}
}

/** A bus, which for the default one need not have been made. */
export async function findBus(store: ResourceReader, call: Call, name: string): Promise<Bus | undefined> {
  const bus = await store.find(call, 'bus', name)
  return bus ?? (name === DEFAULT_BUS ? untouchedBus() : undefined)
}

export async function existingBus(store: ResourceReader, call: Call, name: string): Promise<Bus> {
  const bus = await findBus(store, call, name)
  if (bus === undefined) throw busNotFound(name)
  return bus
}

function untouchedBus(): Bus {
  return { name: DEFAULT_BUS, tags: {}, createdAt: 0, modifiedAt: 0 }
}

async function changeBus(
  { store, clock }: EventBridgeDeps,
  call: Call,
  name: string,
  change: (bus: Bus) => Bus,
): Promise<Bus> {
  return store.change(async (editor) => {
    const bus = { ...change(await existingBus(editor, call, name)), modifiedAt: clock.now() }
    await editor.save(call, 'bus', bus)
    return bus
  })
}

interface Settings {
  readonly Description?: string | undefined
  readonly DeadLetterConfig?: { readonly Arn?: string | undefined } | undefined
  readonly KmsKeyIdentifier?: string | undefined
  readonly LogConfig?: { readonly Level?: string | undefined } | undefined
}

function refuseUnsupported({ KmsKeyIdentifier, LogConfig, DeadLetterConfig }: Settings): void {
  if (KmsKeyIdentifier) throw unsupported('Encryption with a KMS key (KmsKeyIdentifier)')
  if (LogConfig?.Level !== undefined && LogConfig.Level !== 'OFF')
    throw unsupported('Logging of buses (LogConfig)')
  if (DeadLetterConfig?.Arn !== undefined)
    throw unsupported('A dead-letter queue of a bus (DeadLetterConfig)')
}

function settingsOf({ Description }: Settings): Pick<Bus, 'description'> {
  return Description === undefined ? {} : { description: Description }
}

function shownSettings({ description }: Bus) {
  return description === undefined ? {} : { Description: description }
}

function shown(call: Call, bus: Bus) {
  const { name, policy, createdAt, modifiedAt } = bus
  return {
    Name: name,
    Arn: busArn(call, name),
    ...shownSettings(bus),
    ...(policy !== undefined && { Policy: policy }),
    ...(createdAt > 0 && { CreationTime: new Date(createdAt), LastModifiedTime: new Date(modifiedAt) }),
  }
}

function scopeOf({ accountId, region }: Call) {
  return { accountId, region }
}
