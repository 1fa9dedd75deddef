import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Leases } from '../../store/leases.ts'
import type { QueueDirectory } from './directory.ts'
import type { Queue } from './queue.ts'
import type { Move, MoveTask, MoveTaskStore } from './store.ts'

/** Messages that one write moves. */
const STEP = 100
const LEASE_MS = 30_000
const MISSING = 'AWS.SimpleQueueService.NonExistentQueue'

export interface MoveTaskRunnerDeps {
  readonly store: MoveTaskStore
  readonly directory: QueueDirectory
  readonly leases: Leases
  readonly clock: Clock
  readonly random: Random
  readonly arrived: (queue: Queue, messages: number) => void
  readonly reportFault: (error: unknown) => void
}

/** Moves the messages of dead-letter queues back, one task by one node at a time; a restart goes on with them. */
export class MoveTaskRunner {
  readonly #deps: MoveTaskRunnerDeps
  readonly #owner: string
  readonly #running = new Map<string, Promise<void>>()
  readonly #stopping = new AbortController()

  constructor(deps: MoveTaskRunnerDeps) {
    this.#deps = deps
    this.#owner = deps.random.uuid()
  }

  async start(): Promise<void> {
    for (const task of await this.#deps.store.runningMoveTasks()) this.run(task)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.allSettled(this.#running.values())
  }

  /** Begins the task, where it does not run here already. */
  run(task: MoveTask): void {
    if (this.#running.has(task.id) || this.#stopping.signal.aborted) return
    const running = this.#runLeased(task)
      .catch((error) => {
        if (!this.#stopping.signal.aborted) this.#deps.reportFault(error)
      })
      .finally(() => this.#running.delete(task.id))
    this.#running.set(task.id, running)
  }

  async #runLeased(task: MoveTask): Promise<void> {
    const { leases } = this.#deps
    const lease = await leases.acquire(`sqs-move/${task.id}`, this.#owner, LEASE_MS)
    // Another node moves already.
    if (lease === undefined) return
    try {
      while (await this.#step(task.id)) await leases.acquire(lease.name, this.#owner, LEASE_MS)
    } finally {
      await leases.release(lease)
    }
  }

  /** False once the task is over. */
  async #step(id: string): Promise<boolean> {
    const { store, directory, clock } = this.#deps
    const task = await store.findMoveTask(id)
    if (task?.status === 'CANCELLING') await store.changeMoveTask(id, 'CANCELLING', 'CANCELLED')
    if (task?.status !== 'RUNNING' || this.#stopping.signal.aborted) return false
    const source = await directory.findByArn(task.sourceArn)
    if (source === undefined) return this.#fail(id)
    const found = await store.nextToMove(task, Math.min(STEP, task.perSecond ?? STEP), clock.now())
    if (found.length === 0) {
      await store.changeMoveTask(id, 'RUNNING', 'COMPLETED')
      return false
    }
    const moves: Move[] = []
    for (const { id, deadLetterSource } of found) {
      const destination = await directory.findByArn(task.destinationArn ?? deadLetterSource ?? '')
      if (destination === undefined) return this.#fail(task.id)
      moves.push({ id, messageId: this.#deps.random.uuid(), destination })
    }
    await store.move(task, source, moves, clock.now())
    for (const { destination } of moves) this.#deps.arrived(destination, 1)
    if (task.perSecond !== undefined)
      await clock.sleep((1000 * found.length) / task.perSecond, this.#stopping.signal)
    return true
  }

  async #fail(id: string): Promise<false> {
    await this.#deps.store.changeMoveTask(id, 'RUNNING', 'FAILED', MISSING)
    return false
  }
}
