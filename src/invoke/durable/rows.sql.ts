import type { HistoryEvent } from './event.ts'
import type { Execution } from './execution.ts'
import { dueAt, isAwaited, type Operation } from './operation.ts'

/** The tables of the migration `durable`. Integers may come as strings from PostgreSQL. */
export type DurableTables = {
  durable_executions: ExecutionRow
  durable_operations: OperationRow
  durable_events: { execution_id: string; id: number; record: string }
  durable_invokes: {
    execution_id: string
    operation_id: string
    due_at: number
    claim: string | null
    attempts: number
  }
}

export interface ExecutionRow {
  id: string
  account_id: string
  region: string
  function_name: string
  version: string
  name: string
  status: string
  started_at: number
  due_at: number | null
  claim: string | null
  expires_at: number
  writes: number
  record: string
}

export interface OperationRow {
  execution_id: string
  id: string
  /** The order in which they came. */
  place: number
  parent_id: string | null
  type: string
  status: string
  replay_children: number
  /** 1 where something outside the function ends it. */
  awaited: number
  due_at: number | null
  change: number
  record: string
}

type Head = { execution: Execution; dueAt: number | undefined; claim: string | undefined; expiresAt: number }

/** What changes of an execution's row. */
export function columnsOfHead({ execution, dueAt: due, claim, expiresAt }: Head) {
  return {
    status: execution.status,
    due_at: due ?? null,
    claim: claim ?? null,
    expires_at: expiresAt,
    record: JSON.stringify(execution),
  }
}

export function toHead(row: ExecutionRow): Head {
  return {
    execution: toExecution(row),
    dueAt: row.due_at === null ? undefined : Number(row.due_at),
    claim: row.claim ?? undefined,
    expiresAt: Number(row.expires_at),
  }
}

export function toExecution({ record }: Pick<ExecutionRow, 'record'>): Execution {
  return JSON.parse(record)
}

export function columnsOfOperation(operation: Operation) {
  return {
    status: operation.status,
    replay_children: operation.replayChildren ? 1 : 0,
    awaited: isAwaited(operation) ? 1 : 0,
    due_at: dueAt(operation) ?? null,
    record: JSON.stringify(operation),
  }
}

export function toOperation({ record }: Pick<OperationRow, 'record'>): Operation {
  return JSON.parse(record)
}

export function toEvent({ record }: { record: string }): HistoryEvent {
  return JSON.parse(record)
}
