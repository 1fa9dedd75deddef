import { showOperation } from '../../../invoke/durable/envelope.ts'
import type { EventDetails, HistoryEvent } from '../../../invoke/durable/event.ts'
import { type Execution, executionArn, qualifiedArn } from '../../../invoke/durable/execution.ts'
import type { Operation } from '../../../invoke/durable/operation.ts'
import type { LambdaOutput } from '../types.ts'

type ShownOperation = NonNullable<LambdaOutput<'GetDurableExecutionState'>['Operations']>[number]
type ShownEvent = NonNullable<LambdaOutput<'GetDurableExecutionHistory'>['Events']>[number]
type ShownExecution = NonNullable<
  LambdaOutput<'ListDurableExecutionsByFunction'>['DurableExecutions']
>[number]

export function showOperations(operations: readonly Operation[]): ShownOperation[] {
  return operations.map((operation) => showOperation(operation, (at) => new Date(at)))
}

export function showExecution(execution: Execution): ShownExecution {
  return {
    DurableExecutionArn: executionArn(execution),
    DurableExecutionName: execution.name,
    FunctionArn: qualifiedArn(execution),
    Status: execution.status,
    StartTimestamp: new Date(execution.startedAt),
    ...(execution.endedAt !== undefined && { EndTimestamp: new Date(execution.endedAt) }),
  }
}

/** `withData`: with what events, results and errors carried. */
export function showEvent(event: HistoryEvent, withData: boolean): ShownEvent {
  const { id, type, at, operationId, name, parentId, subType, details } = event
  return {
    EventId: id,
    EventType: type,
    EventTimestamp: new Date(at),
    ...(operationId !== undefined && { Id: operationId }),
    ...(name !== undefined && { Name: name }),
    ...(parentId !== undefined && { ParentId: parentId }),
    ...(subType !== undefined && { SubType: subType }),
    [`${type}Details`]: showDetails(details, withData),
  }
}

const PAYLOADS = ['Input', 'Result', 'Error'] as const
const TIMES = ['ScheduledEndTimestamp', 'StartTimestamp', 'EndTimestamp'] as const

function showDetails(details: EventDetails, withData: boolean): Record<string, unknown> {
  const shown: Record<string, unknown> = { ...details }
  for (const member of PAYLOADS) {
    // Kept with its name only, where there was nothing in it.
    if (!(member in details)) continue
    const Payload = details[member]
    shown[member] = { ...(withData && Payload !== undefined && { Payload }), Truncated: false }
  }
  for (const member of TIMES) {
    const at = details[member]
    if (at !== undefined) shown[member] = new Date(at)
  }
  return shown
}
