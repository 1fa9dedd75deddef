import { matches } from '../../../aws/event-pattern/match.ts'
import { parsePattern } from '../../../aws/event-pattern/parse.ts'
import { EVENT_BUS, type Pattern, PatternError } from '../../../aws/event-pattern/pattern.ts'
import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import { parseSchedule } from '../../../aws/schedule/schedule.ts'
import { ScheduleError } from '../../../aws/schedule/schedule-error.ts'
import { afterCommit } from '../../../store/after-commit.ts'
import { DEFAULT_BUS, ownBusName } from '../bus.ts'
import type { EventBridgeDeps, EventBridgeOperation } from '../deps.ts'
import {
  invalidNextToken,
  invalidPattern,
  invalidSchedule,
  limitExceeded,
  ruleNotFound,
  validationError,
} from '../errors.ts'
import { type Rule, ruleArn } from '../rule.ts'
import { nextDueOf } from '../scheduled-rules.ts'
import type { ResourceEditor, ResourceReader } from '../store.ts'
import { tagsFrom } from '../tags.ts'
import { existingBus } from './buses.ts'

/** Amazon EventBridge User Guide, "Quotas": 300 a bus, which can be raised; here the bound is what one node looks through. */
const RULES_MAX = 2000

export const putRule: EventBridgeOperation<'PutRule'> = async (deps, input, call) => {
  const { Name: name = '', EventPattern: pattern, ScheduleExpression: schedule } = input
  const bus = ownBusName(input.EventBusName, call)
  if (pattern) readPattern(pattern)
  if (schedule) checkSchedule(schedule, bus)
  const now = deps.clock.now()
  await deps.store.change(async (editor) => {
    await existingBus(editor, call, bus)
    const before = await editor.find(call, 'rule', name, bus)
    if (before === undefined) await refuseTooMany(editor, call, bus)
    const isSameSchedule = before?.schedule === schedule && before?.state === (input.State ?? before?.state)
    const rule: Rule = {
      bus,
      name,
      state: input.State ?? 'ENABLED',
      targets: before?.targets ?? [],
      tags: before?.tags ?? tagsFrom(input.Tags),
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.RoleArn !== undefined && { roleArn: input.RoleArn }),
      ...(pattern && { pattern }),
      ...(schedule && { schedule, scheduledFrom: (isSameSchedule && before?.scheduledFrom) || now }),
    }
    if (rule.pattern === undefined && rule.schedule === undefined) {
      throw validationError('Parameter(s) EventPattern or ScheduleExpression must be specified.')
    }
    await saveRule(deps, editor, call, rule)
  })
  return { RuleArn: ruleArn(call, bus, name) }
}

export function readPattern(text: string): Pattern {
  try {
    return parsePattern(text, EVENT_BUS)
  } catch (error) {
    throw error instanceof PatternError ? invalidPattern(error.message) : error
  }
}

function checkSchedule(text: string, bus: string): void {
  if (bus !== DEFAULT_BUS)
    throw validationError('ScheduleExpression is supported only on the default event bus.')
  try {
    if (parseSchedule(text).kind === 'at') throw invalidSchedule()
  } catch (error) {
    throw error instanceof ScheduleError ? invalidSchedule() : error
  }
}

async function refuseTooMany(editor: ResourceEditor, call: Call, bus: string): Promise<void> {
  const rules = await editor.list(call, 'rule', { bus, limit: RULES_MAX })
  if (rules.length >= RULES_MAX) throw limitExceeded()
}

export const deleteRule: EventBridgeOperation<'DeleteRule'> = async (deps, input, call) => {
  const { Name: name = '' } = input
  const bus = ownBusName(input.EventBusName, call)
  await deps.store.change(async (editor) => {
    await existingBus(editor, call, bus)
    const rule = await editor.find(call, 'rule', name, bus)
    if (rule === undefined) return
    if (rule.targets.length > 0) throw validationError("Rule can't be deleted since it has targets.")
    await editor.remove(call, 'rule', name, bus)
    await deps.busChanged(editor, { accountId: call.accountId, region: call.region, name: bus })
  })
  return {}
}

export const describeRule: EventBridgeOperation<'DescribeRule'> = async ({ store }, input, call) => {
  const bus = ownBusName(input.EventBusName, call)
  await existingBus(store, call, bus)
  return { ...shown(call, await existingRule(store, call, input.Name, bus)), CreatedBy: call.accountId }
}

export const enableRule: EventBridgeOperation<'EnableRule'> = (deps, input, call) =>
  setState(deps, input, call, 'ENABLED')

export const disableRule: EventBridgeOperation<'DisableRule'> = (deps, input, call) =>
  setState(deps, input, call, 'DISABLED')

async function setState(
  deps: EventBridgeDeps,
  input: { readonly Name?: string | undefined; readonly EventBusName?: string | undefined },
  call: Call,
  state: Rule['state'],
): Promise<object> {
  const bus = ownBusName(input.EventBusName, call)
  await deps.store.change(async (editor) => {
    await existingBus(editor, call, bus)
    const rule = await existingRule(editor, call, input.Name, bus)
    const scheduledFrom = rule.schedule !== undefined &&
      rule.state !== state && { scheduledFrom: deps.clock.now() }
    await saveRule(deps, editor, call, { ...rule, state, ...scheduledFrom })
  })
  return {}
}

export const listRules: EventBridgeOperation<'ListRules'> = async ({ store }, input, call) => {
  const bus = ownBusName(input.EventBusName, call)
  await existingBus(store, call, bus)
  const { limit, after } = pageStart(input, invalidNextToken)
  const rules = await store.list(call, 'rule', {
    bus,
    limit: limit + 1,
    ...(input.NamePrefix !== undefined && { prefix: input.NamePrefix }),
    ...(after !== undefined && { after }),
  })
  const { shown: page, rest } = pageOf(rules, limit, ({ name }) => name)
  return { Rules: page.map((rule) => shown(call, rule)), ...rest }
}

export const listRuleNamesByTarget: EventBridgeOperation<'ListRuleNamesByTarget'> = async (
  { store },
  input,
  call,
) => {
  const bus = ownBusName(input.EventBusName, call)
  await existingBus(store, call, bus)
  const { limit, after } = pageStart(input, invalidNextToken)
  const rules = await store.list(call, 'rule', { bus, ...(after !== undefined && { after }) })
  const withTarget = rules.filter(({ targets }) => targets.some(({ Arn }) => Arn === input.TargetArn))
  const { shown: page, rest } = pageOf(withTarget, limit, ({ name }) => name)
  return { RuleNames: page.map(({ name }) => name), ...rest }
}

export const testEventPattern: EventBridgeOperation<'TestEventPattern'> = async (_, input) => {
  const event = eventFrom(input.Event ?? '')
  return { Result: matches(readPattern(input.EventPattern ?? ''), event) }
}

/** The members that the event must have (Amazon EventBridge API Reference, "TestEventPattern"). */
const REQUIRED = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type']

function eventFrom(text: string): object {
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch {
    throw validationError('Parameter Event is not valid.')
  }
  const isEvent =
    typeof event === 'object' &&
    event !== null &&
    REQUIRED.every((name) => Object.hasOwn(event as object, name))
  if (!isEvent) throw validationError('Parameter Event is not valid.')
  return event as object
}

export async function existingRule(
  store: ResourceReader,
  call: Call,
  name: string | undefined,
  bus: string,
): Promise<Rule> {
  const rule = await store.find(call, 'rule', name ?? '', bus)
  if (rule === undefined) throw ruleNotFound(name ?? '', bus)
  return rule
}

/** Keeps a rule, tells the nodes, and sees to its schedule. */
export async function saveRule(
  deps: EventBridgeDeps,
  editor: ResourceEditor,
  call: Call,
  rule: Rule,
): Promise<void> {
  const dueAt = nextDueOf(rule, deps.clock.now())
  await editor.save(call, 'rule', rule, dueAt)
  await deps.busChanged(editor, { accountId: call.accountId, region: call.region, name: rule.bus })
  if (dueAt !== undefined) afterCommit(editor.transaction, () => deps.wake('rule', dueAt))
}

function shown(call: Call, rule: Rule) {
  return {
    Name: rule.name,
    Arn: ruleArn(call, rule.bus, rule.name),
    EventBusName: rule.bus,
    State: rule.state,
    ...(rule.pattern !== undefined && { EventPattern: rule.pattern }),
    ...(rule.schedule !== undefined && { ScheduleExpression: rule.schedule }),
    ...(rule.description !== undefined && { Description: rule.description }),
    ...(rule.roleArn !== undefined && { RoleArn: rule.roleArn }),
  }
}
