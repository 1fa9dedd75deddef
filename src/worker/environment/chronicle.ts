import type { Clock } from '../../base/clock.ts'
import { isoTime } from '../../base/iso-time.ts'
import type { ExtensionStatus, InitializationType, PlatformEvent } from '../../wire/platform-event.ts'
import type { EnvironmentSource, TelemetrySink } from '../../wire/worker.ts'
import * as reports from './reports.ts'
import type { Work } from './work.ts'

/** Tells what happens in one environment, in the platform's events. */
export class Chronicle {
  readonly #source: EnvironmentSource
  readonly #initializationType: InitializationType
  readonly #telemetry: TelemetrySink
  readonly #clock: Clock
  #initRuntimeDoneTold = false
  /** Of the init that the next report is to name and to bill. */
  #initMs: number | undefined
  /** The runtime is one that a snapshot was made of; #initMs is that of its restore. */
  #restored = false

  constructor(
    source: EnvironmentSource,
    initializationType: InitializationType,
    telemetry: TelemetrySink,
    clock: Clock,
  ) {
    this.#source = source
    this.#initializationType = initializationType
    this.#telemetry = telemetry
    this.#clock = clock
  }

  initStarted(
    phase: 'init' | 'invoke',
    at: number,
    runtimeVersion: string | undefined,
    restored = false,
  ): void {
    this.#initRuntimeDoneTold = false
    this.#restored = restored
    const started = restored ? reports.restoreStart : reports.initStart
    this.tell(started(this.#initFacts(phase), runtimeVersion), at)
  }

  /** The runtime is ready; extensions may not be. */
  initRuntimeDone(phase: 'init' | 'invoke', ending: reports.Ending): void {
    if (this.#initRuntimeDoneTold) return
    this.#initRuntimeDoneTold = true
    if (this.#restored) this.tell(reports.restoreRuntimeDone(ending))
    else this.tell(reports.initRuntimeDone(this.#initFacts(phase), ending))
  }

  initEnded(
    phase: 'init' | 'invoke',
    ending: reports.Ending,
    durationMs: number,
    extensions: readonly ExtensionStatus[] = [],
  ): void {
    // One that ran inside an invocation is part of that invocation's duration. What provisioned concurrency
    // prepares is no invocation's affair.
    const isForInvocation = this.#restored || this.#initializationType === 'on-demand'
    const named = phase === 'init' && ending.status === 'success' && isForInvocation
    this.#initMs = named ? durationMs : undefined
    this.initRuntimeDone(phase, ending)
    for (const record of extensions) this.tell({ type: 'platform.extension', record })
    if (this.#restored) this.tell(reports.restoreReport(ending, durationMs))
    else this.tell(reports.initReport(this.#initFacts(phase), ending, durationMs))
  }

  invocationStarted(work: Work): void {
    if (work.startTold) return
    work.startTold = true
    this.tell(reports.start(this.#source.fn, work.invocation))
  }

  /** The runtime is done with it; extensions may not be. `endedAt` by `Clock.elapsed`. */
  runtimeDone(work: Work, ending: reports.Ending, endedAt: number): void {
    if (work.runtimeDoneAt !== undefined) return
    this.invocationStarted(work)
    work.runtimeDoneAt = endedAt
    const { invocation, startedAt, respondedAt, answeredAt, producedBytes } = work
    const facts = { invocation, ending, startedAt, respondedAt, answeredAt, endedAt, producedBytes }
    this.tell(reports.runtimeDone(facts, this.#clock))
  }

  /** `endedAt` by `Clock.elapsed`; memory in whole megabytes. */
  invocationEnded(work: Work, ending: reports.Ending, endedAt: number, memoryMb: number): void {
    this.invocationStarted(work)
    const { invocation, startedAt, respondedAt, answeredAt, producedBytes, runtimeDoneAt } = work
    const { fn } = this.#source
    const [initMs, restoreMs] = this.#restored ? [undefined, this.#initMs] : [this.#initMs, undefined]
    this.#initMs = undefined
    const times = { startedAt, respondedAt, answeredAt, endedAt, initMs, restoreMs }
    const facts = { invocation, fn, ending, ...times, producedBytes, memoryMb }
    if (runtimeDoneAt === undefined) this.tell(reports.runtimeDone(facts, this.#clock))
    this.tell(reports.report(facts, runtimeDoneAt, this.#clock))
  }

  #initFacts(phase: 'init' | 'invoke'): reports.InitFacts {
    const { fn, environmentId } = this.#source
    return { fn, environmentId, initializationType: this.#initializationType, phase }
  }

  tell(event: reports.Untimed, at = this.#clock.now()): void {
    const { type, record } = event
    this.#telemetry.event(this.#source, { time: isoTime(at), type, record } as PlatformEvent)
  }
}
