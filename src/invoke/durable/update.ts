import { invalidParameter } from './errors.ts'
import type { ErrorObject } from './execution.ts'
import { CHAINED_PAYLOAD_BYTES_MAX, ERROR_BYTES_MAX, PAYLOAD_BYTES_MAX } from './limits.ts'
import type { Operation, OperationAction, OperationType } from './operation.ts'

/** One change that a function asks for, as the API has it (`OperationUpdate`). */
export interface OperationUpdate {
  readonly Id?: string | undefined
  readonly ParentId?: string | undefined
  readonly Name?: string | undefined
  readonly Type?: OperationType | undefined
  readonly SubType?: string | undefined
  readonly Action?: OperationAction | undefined
  readonly Payload?: string | undefined
  readonly Error?: ErrorObject | undefined
  readonly ContextOptions?: { readonly ReplayChildren?: boolean | undefined } | undefined
  readonly StepOptions?: { readonly NextAttemptDelaySeconds?: number | undefined } | undefined
  readonly WaitOptions?: { readonly WaitSeconds?: number | undefined } | undefined
  readonly CallbackOptions?:
    | {
        readonly TimeoutSeconds?: number | undefined
        readonly HeartbeatTimeoutSeconds?: number | undefined
      }
    | undefined
  readonly ChainedInvokeOptions?:
    | { readonly FunctionName?: string | undefined; readonly TenantId?: string | undefined }
    | undefined
}

const ACTIONS: Readonly<Record<OperationType, readonly OperationAction[]>> = {
  STEP: ['START', 'SUCCEED', 'FAIL', 'RETRY'],
  CONTEXT: ['START', 'SUCCEED', 'FAIL'],
  WAIT: ['START', 'CANCEL'],
  CALLBACK: ['START', 'CANCEL'],
  CHAINED_INVOKE: ['START', 'CANCEL'],
  EXECUTION: ['SUCCEED', 'FAIL'],
}

/** Refuses what cannot be in one request together. */
export function checkBatch(updates: readonly OperationUpdate[]): void {
  const executions = updates.filter(({ Type }) => Type === 'EXECUTION')
  if (executions.length > 1) throw invalidParameter('Cannot checkpoint multiple EXECUTION updates.')
  if (executions.length === 1 && updates.at(-1)?.Type !== 'EXECUTION')
    throw invalidParameter('EXECUTION checkpoint must be the last update.')

  const last = new Map<string | undefined, OperationUpdate>()
  for (const update of updates) {
    const before = last.get(update.Id)
    if (before !== undefined && !mayFollow(before, update))
      throw invalidParameter('Cannot update the same operation twice in a single request.')
    last.set(update.Id, update)
  }
}

/** A step or context may be started and ended in one request. */
function mayFollow(before: OperationUpdate, update: OperationUpdate): boolean {
  const hasEnd = before.Type === 'STEP' || before.Type === 'CONTEXT'
  return hasEnd && before.Action === 'START' && update.Action !== 'START'
}

/** Refuses what an update cannot be, whatever there is of the operation. */
export function checkUpdate(update: OperationUpdate): void {
  const { Type, Action, Payload, Error: error } = update
  if (Type === undefined || Action === undefined || !ACTIONS[Type].includes(Action))
    throw invalidParameter('Invalid action for the given operation type.')
  if (Action === 'FAIL' && Payload !== undefined)
    throw invalidParameter('Cannot provide a Payload for FAIL action.')
  if (Action === 'SUCCEED' && error !== undefined)
    throw invalidParameter('Cannot provide an Error for SUCCEED action.')
  if (Action === 'RETRY' && Payload !== undefined && error !== undefined)
    throw invalidParameter('Cannot provide both error and payload to RETRY a STEP.')
  checkOptions(update)
  checkSizes(update)
}

function checkOptions({ Type, Action, ...options }: OperationUpdate): void {
  const delay = options.StepOptions?.NextAttemptDelaySeconds
  if (Type === 'STEP' && (Action === 'RETRY') !== (delay !== undefined))
    throw invalidParameter('Invalid StepOptions for the given action.')
  if (Action !== 'START') return
  if (Type === 'WAIT' && options.WaitOptions?.WaitSeconds === undefined)
    throw invalidParameter('Update for WAIT operation requires WaitOptions.')
  if (Type === 'CHAINED_INVOKE' && options.ChainedInvokeOptions?.FunctionName === undefined)
    throw invalidParameter('Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.')
  if (options.ChainedInvokeOptions?.TenantId !== undefined)
    throw invalidParameter('lambdad does not support ChainedInvokeOptions.TenantId yet.')
}

function checkSizes({ Type, Payload, Error: error }: OperationUpdate): void {
  if (error !== undefined && Buffer.byteLength(JSON.stringify(error)) >= ERROR_BYTES_MAX)
    throw invalidParameter(`Error object size must be less than ${ERROR_BYTES_MAX} bytes.`)
  // An execution's own result has the limit of the execution.
  if (Payload === undefined || Type === 'EXECUTION') return
  const [what, max] =
    Type === 'CHAINED_INVOKE'
      ? ['CHAINED_INVOKE input', CHAINED_PAYLOAD_BYTES_MAX]
      : [Type, PAYLOAD_BYTES_MAX]
  if (Buffer.byteLength(Payload) > max)
    throw invalidParameter(`${what} payload size must be less than or equal to ${max} bytes.`)
}

/** Refuses an update that names another operation than the one that has the id. */
export function checkSame(existing: Operation, { Type, SubType, Name, ParentId }: OperationUpdate): void {
  if (existing.type !== Type) throw invalidParameter('Inconsistent operation type.')
  if (SubType !== undefined && existing.subType !== SubType)
    throw invalidParameter('Inconsistent operation subtype.')
  if (Name !== undefined && existing.name !== Name) throw invalidParameter('Inconsistent operation name.')
  if (ParentId !== undefined && existing.parentId !== ParentId)
    throw invalidParameter('Inconsistent parent operation id.')
}

type Status = Operation['status'] | undefined

/** Refuses what the operation's state does not allow. */
export function checkState(existing: Operation | undefined, { Type, Action }: OperationUpdate): void {
  const status = existing?.status
  if (Type === 'STEP') checkStep(status, Action)
  else checkOther(status, { Type, Action })
}

function checkOther(status: Status, { Type, Action }: OperationUpdate): void {
  if (Action === 'START' && status !== undefined)
    throw invalidParameter(`Cannot start a ${Type} that already exists.`)
  if (Action === 'CANCEL' && status !== 'STARTED')
    throw invalidParameter(`Cannot cancel a ${Type} that does not exist or has already completed.`)
  const ends = Action === 'SUCCEED' || Action === 'FAIL'
  if (ends && status !== undefined && status !== 'STARTED')
    throw invalidParameter(`Invalid current ${Type} state to close.`)
}

/** A step may end, and be repeated, without ever having been started: its start may be left out. */
function checkStep(status: Status, action: OperationUpdate['Action']): void {
  if (status === undefined || status === 'READY') return
  if (action === 'START') throw invalidParameter('Invalid current STEP state to start.')
  if (status === 'STARTED') return
  if (action === 'RETRY') throw invalidParameter('Invalid current STEP state to re-attempt.')
  throw invalidParameter('Invalid current STEP state to close.')
}
