import { beginExecution, isSameStart, type NewExecution } from './begin.ts'
import { type Checkpointed, checkpoint, checkToken, readTokenOf } from './checkpoint.ts'
import type { DurableDeps, Scope } from './deps.ts'
import type { Draft } from './draft.ts'
import { callbackBeats, callbackEnds, type End, executionEnds } from './ends.ts'
import { Engine } from './engine.ts'
import {
  alreadyStarted,
  callbackClosed,
  executionNotFound,
  invalidCallbackId,
  invalidToken,
} from './errors.ts'
import { type ErrorObject, type Execution, executionArn, readExecutionArn } from './execution.ts'
import type { Operation } from './operation.ts'
import { type OperationPage, readState } from './pages.ts'
import type { ExecutionStore } from './store.ts'
import { fireTimers } from './timers.ts'
import { readCallbackId } from './tokens.ts'
import type { OperationUpdate } from './update.ts'

export interface CheckpointInput {
  readonly arn: string
  readonly token: string
  readonly clientToken?: string | undefined
  readonly updates: readonly OperationUpdate[]
}

/** What callers and functions do with executions. What is acknowledged is durable. */
export class DurableExecutions {
  readonly #deps: DurableDeps
  readonly #engine: Engine

  constructor(deps: DurableDeps) {
    this.#deps = deps
    this.#engine = new Engine(deps)
  }

  /** For what only reads. */
  get store(): ExecutionStore {
    return this.#deps.store
  }

  start(): Promise<void> {
    return this.#engine.start()
  }

  counts(): ReturnType<Engine['counts']> {
    return this.#engine.counts()
  }

  stop(): Promise<void> {
    return this.#engine.stop()
  }

  /**
   * Begins an execution, or finds the one that began with the same name and the same event.
   *
   * @throws AwsError DurableExecutionAlreadyStartedException where that one began with another event.
   */
  async begin(wanted: NewExecution): Promise<Execution> {
    const { store, clock } = this.#deps
    const execution = await store.start(beginExecution(wanted, clock.now()))
    if (execution.id === wanted.id) this.#engine.hasBegun(execution)
    if (!isSameStart(execution, wanted)) throw alreadyStarted(executionArn(execution))
    this.#engine.lookAt(clock.now())
    return execution
  }

  /** The execution, once it has ended, and its EXECUTION operation, which has its result. */
  async ended(
    { id }: Execution,
    signal: AbortSignal,
  ): Promise<{ readonly execution: Execution; readonly root: Operation | undefined }> {
    await this.#engine.ended(id, signal)
    const execution = await this.store.find(id)
    if (execution === undefined) throw executionNotFound()
    return { execution, root: await this.store.operation(id, id) }
  }

  /** @throws AwsError ResourceNotFoundException, also for those of other accounts and regions. */
  async find(scope: Scope, arn: string): Promise<Execution> {
    const execution = await this.#lookUp(scope, arn)
    if (execution === undefined) throw executionNotFound()
    return execution
  }

  async checkpoint(
    scope: Scope,
    { arn, token, clientToken, updates }: CheckpointInput,
  ): Promise<Checkpointed> {
    const { clock, random } = this.#deps
    const { id } = await this.#findForToken(scope, arn)
    const request = { token: readTokenOf(id, token), clientToken, updates }
    const changed = await this.#engine.change(id, (draft) =>
      checkpoint(draft, request, { now: clock.now(), random }),
    )
    if (changed === undefined) throw invalidToken()
    return changed.result
  }

  async state(
    scope: Scope,
    { arn, token }: Pick<CheckpointInput, 'arn' | 'token'>,
    page: { readonly after?: number | undefined; readonly max?: number },
  ): Promise<OperationPage> {
    const execution = await this.#findForToken(scope, arn)
    checkToken(execution, readTokenOf(execution.id, token))
    return readState(this.store, execution.id, page)
  }

  /** When it was stopped; of one that had ended, when it did. */
  async stopExecution(scope: Scope, arn: string, error: ErrorObject): Promise<number> {
    const { id } = await this.find(scope, arn)
    const now = this.#deps.clock.now()
    const changed = await this.#engine.change(id, async (draft) => {
      await executionEnds(draft, now, { status: 'STOPPED', error })
      return draft.execution.endedAt
    })
    if (changed === undefined) throw executionNotFound()
    return changed.result ?? now
  }

  callback(scope: Scope, callbackId: string, end: End): Promise<void> {
    return this.#answerCallback(scope, callbackId, (draft, now, id) => callbackEnds(draft, now, id, end))
  }

  heartbeat(scope: Scope, callbackId: string): Promise<void> {
    return this.#answerCallback(scope, callbackId, callbackBeats)
  }

  async #answerCallback(
    scope: Scope,
    callbackId: string,
    answer: (draft: Draft, now: number, operationId: string) => Promise<boolean>,
  ): Promise<void> {
    const named = readCallbackId(callbackId)
    if (named === undefined) throw invalidCallbackId()
    const { clock } = this.#deps
    const changed = await this.#engine.change(named.executionId, async (draft) => {
      const operation = await draft.find(named.operationId)
      if (!isOf(scope, draft.execution) || operation?.callbackId !== callbackId) return false
      // A timeout that has passed counts, even where nobody has looked since.
      await fireTimers(draft, clock.now())
      return answer(draft, clock.now(), named.operationId)
    })
    if (!changed?.result) throw callbackClosed()
  }

  /** Functions are told that their token is wrong, where AWS's other callers hear that there is nothing. */
  async #findForToken(scope: Scope, arn: string): Promise<Execution> {
    const execution = await this.#lookUp(scope, arn)
    if (execution === undefined) throw invalidToken()
    return execution
  }

  async #lookUp(scope: Scope, arn: string): Promise<Execution | undefined> {
    const named = readExecutionArn(arn)
    if (named === undefined || !isOf(scope, named)) return undefined
    const execution = await this.store.find(named.id)
    return execution !== undefined && executionArn(execution) === arn ? execution : undefined
  }
}

function isOf(scope: Scope, { accountId, region }: Scope): boolean {
  return scope.accountId === accountId && scope.region === region
}
