import type { Socket } from 'node:net'
import type { Outcome } from '../../wire/invocation.ts'
import type { Supervisor } from '../extensions/supervisor.ts'
import type { Exit } from '../launcher/protocol.ts'
import type { RuntimeCalls } from '../runtime-api/routes.ts'
import type { SandboxEnd, SandboxOutput } from '../sandbox/running.ts'

/** One life of a runtime: from the start of its process in a sandbox to its end. */
export interface Runtime {
  /** `python:3.12.v20`, where it has one. */
  readonly version: string | undefined
  /** It started from a snapshot: its init was another time. */
  readonly restored?: boolean
  /** Its process has ended, and what it wrote may still be read: `ended` follows. */
  readonly isEnding?: boolean
  /** Its process has ended, and what it wrote is consumed. Never rejects. */
  readonly ended: Promise<SandboxEnd>
  /** Nothing of it is left. Never rejects. */
  readonly gone: Promise<void>
  /** Calls `then` when what it wrote before now is consumed. */
  whenDrained(then: () => void): void
  /** A connection to what listens on its loopback. */
  connect?(port: number): Socket | Promise<Socket>
  /** From now on what is in its /tmp is kept. */
  hold(): void
  /** From now on it has the processor share of its memory size. */
  endInit(): void
  /** It is given something to do. Cheap: once for each invocation. */
  wake(): void
  /** It has nothing to do until `wake`. */
  rest(): void
  /** Whole megabytes. */
  peakMemoryMb(): number
  /** Asks it to end, by SIGTERM. */
  terminate(): void
  /** Where external extensions run beside it: it is not started before this is told to. */
  readonly supervisor?: Supervisor | undefined
  /** Whether a process of its sandbox that ended so was ended for want of memory. */
  isOutOfMemory(exit: Exit): boolean
  /** Ends it at once: no call of its reaches the environment any more. */
  kill(): void
}

/** Starts a runtime in a new sandbox. Throws `CannotStart`. */
export type StartRuntime = (calls: RuntimeCalls, output: SandboxOutput) => Promise<Runtime>

/** No process could be started, and what the caller of Invoke gets for that. */
export class CannotStart extends Error {
  readonly outcomeFor: (requestId: string) => Exclude<Outcome, { kind: 'success' }>

  constructor(message: string, outcomeFor: CannotStart['outcomeFor'], options?: ErrorOptions) {
    super(message, options)
    this.outcomeFor = outcomeFor
  }
}
