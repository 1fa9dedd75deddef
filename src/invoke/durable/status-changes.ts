import { formatArn } from '../../aws/arn.ts'
import type { DurableDeps } from './deps.ts'
import { type Execution, executionArn, qualifiedArn } from './execution.ts'

/** Those that EventBridge has not taken yet; what comes beyond is lost, and reported. */
const UNDER_WAY_MAX = 1000

/**
 * Tells the account's default bus that executions have begun and ended (Lambda Developer Guide, "Monitoring durable
 * functions"). Nobody waits for that, and executions go on where it fails: what is not taken, or is under
 * way when the node dies, is not told again.
 */
export class StatusChanges {
  readonly #deps: Pick<DurableDeps, 'events' | 'reportFault'>
  readonly #underWay = new Set<Promise<void>>()

  constructor(deps: Pick<DurableDeps, 'events' | 'reportFault'>) {
    this.#deps = deps
  }

  get underWay(): number {
    return this.#underWay.size
  }

  tell(execution: Execution): void {
    if (this.#underWay.size >= UNDER_WAY_MAX) {
      this.#deps.reportFault(new Error(`EventBridge is not told of ${executionArn(execution)}: it is behind`))
      return
    }
    const told: Promise<void> = this.#put(execution)
      .catch((error: unknown) => this.#deps.reportFault(error))
      .finally(() => this.#underWay.delete(told))
    this.#underWay.add(told)
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async #put(execution: Execution): Promise<void> {
    const { accountId, region, startedAt, endedAt } = execution
    const bus = formatArn({ service: 'events', region, accountId, resource: 'event-bus/default' })
    const functionArn = qualifiedArn(execution)
    const detail = {
      durableExecutionArn: executionArn(execution),
      durableExecutionName: execution.name,
      functionArn,
      status: execution.status,
      startTimestamp: new Date(startedAt).toISOString(),
      ...(endedAt !== undefined && { endTimestamp: new Date(endedAt).toISOString() }),
    }
    const event = {
      source: 'aws.lambda',
      detailType: 'Durable Execution Status Change',
      detail: JSON.stringify(detail),
      resources: [],
      time: endedAt ?? startedAt,
    }
    await this.#deps.events.put(bus, event, {
      principal: 'lambda.amazonaws.com',
      accountId,
      sourceArn: functionArn,
    })
  }
}
