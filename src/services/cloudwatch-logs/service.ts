import { type BoundOperation, bindOperations, type Operation } from '../../aws/operation.ts'
import type { OperationName } from '../../aws/sdk-types.ts'
import type { LogsDeps } from './deps.ts'
import { createLogGroup } from './operations/create-log-group.ts'
import { createLogStream } from './operations/create-log-stream.ts'
import { deleteLogGroup } from './operations/delete-log-group.ts'
import { deleteLogStream } from './operations/delete-log-stream.ts'
import { describeLogGroups } from './operations/describe-log-groups.ts'
import { describeLogStreams } from './operations/describe-log-streams.ts'
import { filterLogEvents } from './operations/filter-log-events.ts'
import { getLogEvents } from './operations/get-log-events.ts'
import { listLogGroups } from './operations/list-log-groups.ts'
import { putLogEvents } from './operations/put-log-events.ts'
import { putLogGroupDeletionProtection } from './operations/put-log-group-deletion-protection.ts'
import {
  deleteResourcePolicy,
  describeResourcePolicies,
  putResourcePolicy,
} from './operations/resource-policies.ts'
import { deleteRetentionPolicy, putRetentionPolicy } from './operations/retention-policy.ts'
import { startLiveTail } from './operations/start-live-tail.ts'
import {
  deleteSubscriptionFilter,
  describeSubscriptionFilters,
  putSubscriptionFilter,
} from './operations/subscription-filters.ts'
import {
  listTagsForResource,
  listTagsLogGroup,
  tagLogGroup,
  tagResource,
  untagLogGroup,
  untagResource,
} from './operations/tags.ts'
import { testMetricFilter } from './operations/test-metric-filter.ts'

type LogsOperationName = OperationName<typeof import('@aws-sdk/client-cloudwatch-logs')>

/** Every operation of the CloudWatch Logs API that we answer. Any other gets `UnknownOperation`. */
export const logsOperations = {
  CreateLogGroup: createLogGroup,
  CreateLogStream: createLogStream,
  DeleteLogGroup: deleteLogGroup,
  DeleteLogStream: deleteLogStream,
  DeleteResourcePolicy: deleteResourcePolicy,
  DeleteRetentionPolicy: deleteRetentionPolicy,
  DeleteSubscriptionFilter: deleteSubscriptionFilter,
  DescribeLogGroups: describeLogGroups,
  DescribeLogStreams: describeLogStreams,
  DescribeResourcePolicies: describeResourcePolicies,
  DescribeSubscriptionFilters: describeSubscriptionFilters,
  FilterLogEvents: filterLogEvents,
  GetLogEvents: getLogEvents,
  ListLogGroups: listLogGroups,
  ListTagsForResource: listTagsForResource,
  ListTagsLogGroup: listTagsLogGroup,
  PutLogEvents: putLogEvents,
  PutLogGroupDeletionProtection: putLogGroupDeletionProtection,
  PutResourcePolicy: putResourcePolicy,
  PutRetentionPolicy: putRetentionPolicy,
  PutSubscriptionFilter: putSubscriptionFilter,
  StartLiveTail: startLiveTail,
  TagLogGroup: tagLogGroup,
  TagResource: tagResource,
  TestMetricFilter: testMetricFilter,
  UntagLogGroup: untagLogGroup,
  UntagResource: untagResource,
} satisfies Partial<Record<LogsOperationName, Operation<LogsDeps, never, unknown>>>

/** The operations, given what they need. */
export function createLogsOperations(deps: LogsDeps): Record<keyof typeof logsOperations, BoundOperation> {
  return bindOperations(logsOperations, deps)
}
