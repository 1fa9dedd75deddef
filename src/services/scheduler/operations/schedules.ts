import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import type { Input, Output } from '../../../aws/sdk-types.ts'
import { afterCommit } from '../../../store/after-commit.ts'
import type { SchedulerDeps, SchedulerOperation } from '../deps.ts'
import { groupNotFound, invalidNextToken, scheduleExists, scheduleNotFound } from '../errors.ts'
import { DEFAULT_GROUP, nextRunOf, type Schedule, scheduleArn } from '../schedule.ts'
import { checkSettings } from '../settings.ts'
import type { SchedulerEditor, SchedulerReader } from '../store.ts'
import { isGroup } from './groups.ts'

type Client = typeof import('@aws-sdk/client-scheduler')
type Settings = Input<Client, 'UpdateSchedule'>

export const createSchedule: SchedulerOperation<'CreateSchedule'> = async (deps, input, call) => {
  checkSettings(input)
  const now = deps.clock.now()
  const schedule = scheduleOf(input, { createdAt: now, modifiedAt: now })
  await deps.store.change(async (editor) => {
    if (!(await isGroup(editor, call, schedule.group))) throw groupNotFound(schedule.group)
    const before = await editor.findSchedule(call, schedule.group, schedule.name)
    const isSameCall = before?.clientToken !== undefined && before.clientToken === schedule.clientToken
    if (isSameCall) return
    if (before !== undefined) throw scheduleExists(schedule.name)
    await save(deps, editor, call, schedule)
  })
  return { ScheduleArn: scheduleArn(call, schedule) }
}

/** All settings are given anew: what is left out goes back to its default. */
export const updateSchedule: SchedulerOperation<'UpdateSchedule'> = async (deps, input, call) => {
  checkSettings(input)
  const { GroupName: group = DEFAULT_GROUP, Name: name = '' } = input
  await deps.store.change(async (editor) => {
    const { createdAt } = await existing(editor, call, group, name)
    await save(deps, editor, call, scheduleOf(input, { createdAt, modifiedAt: deps.clock.now() }))
  })
  return { ScheduleArn: scheduleArn(call, { group, name }) }
}

export const deleteSchedule: SchedulerOperation<'DeleteSchedule'> = async ({ store }, input, call) => {
  const { GroupName: group = DEFAULT_GROUP, Name: name = '' } = input
  await store.change(async (editor) => {
    await existing(editor, call, group, name)
    await editor.deleteSchedule(call, group, name)
  })
  return {}
}

export const getSchedule: SchedulerOperation<'GetSchedule'> = async ({ store }, input, call) => {
  const { GroupName: group = DEFAULT_GROUP, Name: name = '' } = input
  return shown(call, await existing(store, call, group, name))
}

export const listSchedules: SchedulerOperation<'ListSchedules'> = async ({ store }, input, call) => {
  const { GroupName, NamePrefix, State } = input
  if (GroupName !== undefined && !(await isGroup(store, call, GroupName))) throw groupNotFound(GroupName)
  const { limit, after } = pageStart(input, invalidNextToken)
  const found: Schedule[] = []
  let last = after === undefined ? undefined : keyFrom(after)
  // Of pages that the filter empties the next ones are read, until this one is full.
  for (;;) {
    const page = await store.listSchedules(call, {
      limit: limit + 1,
      ...(GroupName !== undefined && { group: GroupName }),
      ...(NamePrefix !== undefined && { prefix: NamePrefix }),
      ...(last !== undefined && { after: last }),
    })
    found.push(...page.filter(({ isEnabled }) => State === undefined || isEnabled === (State === 'ENABLED')))
    last = page.at(-1)
    if (page.length <= limit || found.length > limit) break
  }
  const { shown: page, rest } = pageOf(found, limit, ({ group, name }) => `${group}/${name}`)
  return { Schedules: page.map((schedule) => summary(call, schedule)), ...rest }
}

function keyFrom(after: string): { readonly group: string; readonly name: string } {
  const [group = '', name = ''] = after.split('/')
  return { group, name }
}

async function existing(store: SchedulerReader, call: Call, group: string, name: string): Promise<Schedule> {
  const schedule = await store.findSchedule(call, group, name)
  if (schedule === undefined) throw scheduleNotFound(name)
  return schedule
}

async function save(
  deps: SchedulerDeps,
  editor: SchedulerEditor,
  call: Call,
  schedule: Schedule,
): Promise<void> {
  const dueAt = nextRunOf(schedule, deps.clock.now() - 1)
  await editor.saveSchedule(call, schedule, dueAt)
  if (dueAt !== undefined) afterCommit(editor.transaction, () => deps.wake(dueAt))
}

function scheduleOf(input: Settings, times: Pick<Schedule, 'createdAt' | 'modifiedAt'>): Schedule {
  return {
    group: input.GroupName ?? DEFAULT_GROUP,
    name: input.Name ?? '',
    expression: input.ScheduleExpression ?? '',
    isEnabled: input.State !== 'DISABLED',
    windowMinutes: input.FlexibleTimeWindow?.MaximumWindowInMinutes ?? 0,
    target: input.Target as Schedule['target'],
    isDeletedAfterwards: input.ActionAfterCompletion === 'DELETE',
    ...times,
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.ScheduleExpressionTimezone !== undefined && { timeZone: input.ScheduleExpressionTimezone }),
    ...(input.StartDate !== undefined && { startsAt: input.StartDate.getTime() }),
    ...(input.EndDate !== undefined && { endsAt: input.EndDate.getTime() }),
    ...(input.ClientToken !== undefined && { clientToken: input.ClientToken }),
  }
}

/** AWS fills in what a target's retry policy leaves out. */
const RETRIES = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 }

function shown(call: Call, schedule: Schedule): Output<Client, 'GetSchedule'> {
  const { target, description, startsAt, endsAt, windowMinutes } = schedule
  return {
    ...identity(call, schedule),
    ScheduleExpression: schedule.expression,
    ScheduleExpressionTimezone: schedule.timeZone ?? 'UTC',
    FlexibleTimeWindow:
      windowMinutes === 0 ? { Mode: 'OFF' } : { Mode: 'FLEXIBLE', MaximumWindowInMinutes: windowMinutes },
    ActionAfterCompletion: schedule.isDeletedAfterwards ? 'DELETE' : 'NONE',
    Target: { ...target, RetryPolicy: { ...RETRIES, ...target.RetryPolicy } },
    ...(description !== undefined && { Description: description }),
    ...(startsAt !== undefined && { StartDate: new Date(startsAt) }),
    ...(endsAt !== undefined && { EndDate: new Date(endsAt) }),
  }
}

function summary(call: Call, schedule: Schedule) {
  return { ...identity(call, schedule), Target: { Arn: schedule.target.Arn } }
}

function identity(call: Call, schedule: Schedule) {
  return {
    Arn: scheduleArn(call, schedule),
    GroupName: schedule.group,
    Name: schedule.name,
    State: schedule.isEnabled ? ('ENABLED' as const) : ('DISABLED' as const),
    CreationDate: new Date(schedule.createdAt),
    LastModificationDate: new Date(schedule.modifiedAt),
  }
}
