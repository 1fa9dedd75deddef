import type { Transaction } from 'kysely'
import type { Tables } from '../../store/database.ts'
import type { Group, Schedule, Scope } from './schedule.ts'

export interface ListQuery {
  readonly group?: string
  readonly prefix?: string
  /** Behind this one, by group and name. */
  readonly after?: { readonly group: string; readonly name: string }
  readonly limit: number
}

export interface SchedulerReader {
  findSchedule(scope: Scope, group: string, name: string): Promise<Schedule | undefined>
  listSchedules(scope: Scope, query: ListQuery): Promise<Schedule[]>
  findGroup(scope: Scope, name: string): Promise<Group | undefined>
  listGroups(
    scope: Scope,
    query: { readonly prefix?: string; readonly after?: string; readonly limit: number },
  ): Promise<Group[]>
}

export interface SchedulerEditor extends SchedulerReader {
  readonly transaction: Transaction<Tables>
  /** `dueAt`: when it is to be looked at next, milliseconds since the epoch. */
  saveSchedule(scope: Scope, schedule: Schedule, dueAt: number | undefined): Promise<void>
  deleteSchedule(scope: Scope, group: string, name: string): Promise<void>
  saveGroup(scope: Scope, group: Group): Promise<void>
  /** With its schedules. */
  deleteGroup(scope: Scope, name: string): Promise<void>
  /** What was due, if it still is: undefined where another node was quicker, or it has been changed. */
  findDue(due: DueSchedule): Promise<Schedule | undefined>
}

export interface DueSchedule extends Scope {
  readonly schedule: Schedule
  readonly dueAt: number
}

export interface SchedulerStore extends SchedulerReader {
  /** One transaction, all of it or nothing. `work` may run again, and must have no effects outside. */
  change<Result>(work: (editor: SchedulerEditor) => Promise<Result>): Promise<Result>
  /** Of all accounts, the longest waiting first. */
  due(now: number, limit: number): Promise<DueSchedule[]>
  nextDue(): Promise<number | undefined>
}
