import { type BoundOperation, bindOperations, type Operation } from '../../aws/operation.ts'
import type { OperationName } from '../../aws/sdk-types.ts'
import type { SchedulerDeps } from './deps.ts'
import {
  createScheduleGroup,
  deleteScheduleGroup,
  getScheduleGroup,
  listScheduleGroups,
  listTagsForResource,
  tagResource,
  untagResource,
} from './operations/groups.ts'
import {
  createSchedule,
  deleteSchedule,
  getSchedule,
  listSchedules,
  updateSchedule,
} from './operations/schedules.ts'

/** Every operation of the EventBridge Scheduler API. */
export const schedulerOperations = {
  CreateSchedule: createSchedule,
  CreateScheduleGroup: createScheduleGroup,
  DeleteSchedule: deleteSchedule,
  DeleteScheduleGroup: deleteScheduleGroup,
  GetSchedule: getSchedule,
  GetScheduleGroup: getScheduleGroup,
  ListScheduleGroups: listScheduleGroups,
  ListSchedules: listSchedules,
  ListTagsForResource: listTagsForResource,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateSchedule: updateSchedule,
} satisfies Record<
  OperationName<typeof import('@aws-sdk/client-scheduler')>,
  Operation<SchedulerDeps, never, unknown>
>

/** The operations, given what they need. */
export function createSchedulerOperations(
  deps: SchedulerDeps,
): Record<keyof typeof schedulerOperations, BoundOperation> {
  return bindOperations(schedulerOperations, deps)
}
