import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Invocation, Outcome } from '../../wire/invocation.ts'
import type { ResponseStream } from '../../wire/response-stream.ts'
import type { EnvironmentListener, Environment as WireEnvironment } from '../../wire/worker.ts'
import { Life, type LifeParts } from './life.ts'
import { serviceFailure } from './payloads.ts'
import { Work } from './work.ts'

export interface EnvironmentParts extends Omit<LifeParts, 'onFree' | 'onStopped'> {
  readonly listener: EnvironmentListener
}

/** One execution environment, as placement sees it: it answers one invocation at a time of one function version. */
export class Environment implements WireEnvironment {
  readonly id: string
  readonly fn: FunctionVersion
  readonly #life: Life
  readonly #report: (error: unknown) => void

  constructor(parts: EnvironmentParts) {
    const { source, listener, report } = parts
    this.id = source.environmentId
    this.fn = source.fn
    this.#report = report
    this.#life = new Life({
      ...parts,
      onFree: () => listener.onFree(this),
      onStopped: () => listener.onGone(this),
    })
  }

  invoke(invocation: Invocation, stream?: ResponseStream): Promise<Outcome> {
    if (this.#life.state === 'stopped' || this.#life.work !== undefined) {
      this.#report(new Error(`Environment ${this.id} was given an invocation while it was not free.`))
      return Promise.resolve(serviceFailure('The execution environment was not free.'))
    }
    const work = new Work(invocation, stream)
    this.#life.assign(work)
    return work.outcome
  }

  get isInitialized(): boolean {
    const { state } = this.#life
    return state !== 'starting' && state !== 'dormant' && state !== 'restarting'
  }

  retire(): void {
    this.#life.retire()
  }

  /** Its extensions have had the time that is theirs, where it was retired. */
  get shutDown(): Promise<void> {
    return this.#life.shutDown
  }

  /** Nothing of it is left on the host. */
  gone(): Promise<void> {
    return this.#life.gone()
  }
}
