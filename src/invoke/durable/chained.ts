import { formatArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/error.ts'
import type { Outcome } from '../../wire/invocation.ts'
import { traceHeaderFor } from '../trace-header.ts'
import { errorOf } from './answer.ts'
import { beginExecution } from './begin.ts'
import type { Runner, Target } from './deps.ts'
import type { Draft } from './draft.ts'
import { chainedEnds, type End } from './ends.ts'
import { tenantNeeded, unqualified } from './errors.ts'
import type { EventDetails } from './event.ts'
import { type Execution, executionArn } from './execution.ts'
import { ASYNC_BYTES_MAX, CHAINED_PAYLOAD_BYTES_MAX } from './limits.ts'
import type { Operation } from './operation.ts'
import type { ChainedInvoke } from './store.ts'
import { isTransient, waitAfter } from './transient.ts'

/**
 * Calls the function of a CHAINED_INVOKE. Of a durable one an execution is begun, which reports its end by
 * itself; any other is called now, and once more where the node dies meanwhile.
 */
export async function runChained(runner: Runner, invoke: ChainedInvoke): Promise<void> {
  const { executionId, operationId } = invoke
  const execution = await runner.store.find(executionId)
  const operation = await runner.store.operation(executionId, operationId)
  if (execution === undefined || operation === undefined) return
  const { functionName = '' } = operation
  let target: Target
  try {
    target = await runner.resolve(execution, functionName)
    refuseTarget(target)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    if (isTransient(error)) return postpone(runner, invoke)
    return finish(runner, invoke, failedBy(error), { FunctionName: functionName })
  }
  if (target.durable !== undefined) await beginChild(runner, invoke, target)
  else await callFunction(runner, invoke, { execution, operation, target })
}

function refuseTarget({ durable, isQualified, fn }: Target): void {
  if (durable !== undefined && !isQualified) throw unqualified()
  if (fn.tenantIsolation) throw tenantNeeded()
}

async function beginChild(runner: Runner, { executionId, operationId }: ChainedInvoke, target: Target) {
  const { clock, random } = runner
  await runner.change(executionId, async (draft) => {
    draft.endedInvokes.push(operationId)
    const operation = await draft.find(operationId)
    if (operation?.status !== 'STARTED') return
    const child = beginExecution(
      {
        id: random.uuid(),
        accountId: draft.execution.accountId,
        region: draft.execution.region,
        functionName: target.fn.name,
        version: target.fn.version,
        name: random.uuid(),
        timeoutSeconds: target.durable?.timeoutSeconds ?? 0,
        retentionDays: target.durable?.retentionDays ?? 0,
        resultBytesMax: ASYNC_BYTES_MAX,
        input: operation.input,
        traceHeader: traceOf(runner, draft.execution),
        parent: { executionId, operationId },
      },
      clock.now(),
    )
    draft.begun.push(child)
    tellStart(draft, clock.now(), operation, {
      ...startDetails(operation, target),
      DurableExecutionArn: executionArn(child.execution),
    })
  })
}

async function callFunction(
  runner: Runner,
  invoke: ChainedInvoke,
  { execution, operation, target }: { execution: Execution; operation: Operation; target: Target },
): Promise<void> {
  const { clock, random } = runner
  await runner.change(invoke.executionId, async (draft) =>
    tellStart(draft, clock.now(), await draft.find(operation.id), startDetails(operation, target)),
  )
  try {
    const { outcome } = await runner.invoke({
      fn: target.fn,
      requestId: random.uuid(),
      invokedFunctionArn: target.invokedFunctionArn,
      payload: Buffer.from(operation.input ?? '{}'),
      limits: target.limits,
      traceHeader: traceOf(runner, execution),
      ...(target.recursiveLoop && { recursiveLoop: target.recursiveLoop }),
    })
    await finish(runner, invoke, endOf(outcome))
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    if (isTransient(error)) await postpone(runner, invoke)
    else await finish(runner, invoke, failedBy(error))
  }
}

function postpone({ store, clock }: Runner, invoke: ChainedInvoke): Promise<void> {
  return store.postponeInvoke(invoke, clock.now() + waitAfter(invoke.attempts - 1))
}

/** As the function itself would send it on, so that functions that invoke one another in a circle are seen. */
function traceOf(runner: Runner, { accountId, region, functionName, traceHeader }: Execution): string {
  const arn = formatArn({ service: 'lambda', accountId, region, resource: `function:${functionName}` })
  return traceHeaderFor(runner, arn, traceHeader)
}

async function finish(runner: Runner, invoke: ChainedInvoke, end: End, unstarted?: EventDetails) {
  const now = runner.clock.now()
  await runner.change(invoke.executionId, async (draft) => {
    draft.endedInvokes.push(invoke.operationId)
    if (unstarted !== undefined) tellStart(draft, now, await draft.find(invoke.operationId), unstarted)
    await chainedEnds(draft, now, invoke.operationId, end)
  })
}

/** Once: a call that is repeated, because a node died, has been told. */
function tellStart(draft: Draft, now: number, operation: Operation | undefined, details: EventDetails): void {
  if (operation?.status !== 'STARTED' || operation.isTold) return
  draft.putQuietly({ ...operation, isTold: true })
  draft.addEvent('ChainedInvokeStarted', now, details, operation)
}

function startDetails({ functionName, input }: Operation, { fn }: Target): EventDetails {
  return { FunctionName: functionName ?? '', Input: input, ExecutedVersion: fn.version }
}

function endOf(outcome: Outcome): End {
  if (outcome.kind !== 'success') return { status: 'FAILED', error: errorOf(outcome) }
  if (outcome.payload.length <= CHAINED_PAYLOAD_BYTES_MAX)
    return { status: 'SUCCEEDED', result: Buffer.from(outcome.payload).toString() }
  const ErrorMessage = `CHAINED_INVOKE output payload size must be less than or equal to ${CHAINED_PAYLOAD_BYTES_MAX} bytes.`
  return { status: 'FAILED', error: { ErrorMessage } }
}

function failedBy({ code, message }: AwsError): End {
  return { status: 'FAILED', error: { ErrorMessage: message, ErrorType: code } }
}
