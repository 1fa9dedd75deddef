import { rm, unlink } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import type { LogRecord } from '../../wire/worker.ts'
import type { Freezable, Freezer } from '../freeze/freezer.ts'
import { LazyFreeze } from '../freeze/lazy-freeze.ts'
import type { Kept } from '../kept.ts'
import type { Launched, Launcher } from '../launcher/launcher.ts'
import type { Exit, LaunchCommand } from '../launcher/protocol.ts'
import type { Limiter, Limits } from '../limits/limits.ts'
import { MemoryWatch } from '../limits/memory-watch.ts'
import type { Fifos } from '../output/fifos.ts'
import { FrameDecoder } from '../output/frames.ts'
import { OutputPipe } from '../output/output-pipe.ts'
import type { Sandbox, SandboxedCommand, SandboxSpec } from './sandbox.ts'

/** Starts the first process of a sandbox, and ends all of it. */
export interface Launches extends Pick<Launcher, 'join' | 'kill' | 'terminate' | 'tell'> {
  launch(command: LaunchCommand & Pick<SandboxedCommand, 'walls'>, launched: Launched): void
}

/** What sandboxes are started with: the daemon has one of each. */
export interface SandboxHost {
  readonly sandbox: Sandbox
  readonly limiter: Limiter
  readonly freezer: Freezer
  /** How long a sandbox rests before it is frozen. */
  readonly freezeAfterMs: number
  readonly launcher: Launches
  readonly fifos: Fifos
  readonly clock: Clock
  readonly report: (error: unknown) => void
}

export interface SandboxStart extends SandboxSpec {
  readonly memoryMb: number
  /**
   * Not an instruction before the limits hold. Costs up to 10 ms; without it the limits hold some
   * milliseconds after the start, which a bootstrap that is ours does not use.
   */
  readonly waitsForLimits: boolean
  /** Nobody waits for it: until `endBackground` it gets what of the processors the others leave. */
  readonly inBackground?: boolean
  /** Its first process is a supervisor (extensions/supervisor.ts), and this is who reads what it reports. */
  readonly onReport?: (bytes: Uint8Array) => void
}

export interface SandboxOutput {
  output(bytes: Uint8Array): Promise<void> | undefined
  record(record: LogRecord): Promise<void> | undefined
  /** What extensions wrote. */
  extension(bytes: Uint8Array): Promise<void> | undefined
}

export interface SandboxEnd extends Exit {
  readonly outOfMemory: boolean
}

/** How bwrap and setpriv report a child that SIGKILL ended. */
const KILLED = 128 + 9

/** With all of its processes ended a pipe ends at once. One that stays silent this long is held by a stray. */
const SILENCE_MS = 1000

/** One of which no process is known will have no writer. */
const SILENCE_BEFORE_LAUNCH_MS = 50

/** A sandbox that was started, until all of it is gone. */
export class RunningSandbox {
  readonly #host: SandboxHost
  readonly #id: string
  readonly #folder: string
  readonly #limits: Limits
  readonly #memory: MemoryWatch
  readonly #freezable: Freezable
  readonly #freeze: LazyFreeze
  readonly #pipes: OutputPipe[]
  readonly #ended = Promise.withResolvers<SandboxEnd>()
  readonly #gone = Promise.withResolvers<void>()
  #pid: number | undefined
  #kept: Kept | undefined
  #dead = false

  /** Takes the FIFOs that the environment writes to. */
  static async start(host: SandboxHost, start: SandboxStart, output: SandboxOutput): Promise<RunningSandbox> {
    const [outputFifo, framesFifo] = await Promise.all([host.fifos.take(), host.fifos.take()])
    if (start.onReport === undefined)
      return new RunningSandbox(host, start, output, { outputFifo, framesFifo })
    const [reportsFifo, extensionsFifo] = await Promise.all([host.fifos.take(), host.fifos.take()])
    const supervisor = { reportsFifo, outputFifo: extensionsFifo }
    return new RunningSandbox(host, start, output, { outputFifo, framesFifo, supervisor })
  }

  private constructor(
    host: SandboxHost,
    start: SandboxStart,
    output: SandboxOutput,
    fifos: Pick<LaunchCommand, 'outputFifo' | 'framesFifo' | 'supervisor'>,
  ) {
    const { id, folder, memoryMb, temporaryMb, waitsForLimits, inBackground = false } = start
    this.#host = host
    this.#id = id
    this.#folder = folder
    this.#limits = host.limiter.create(id, { memoryMb, temporaryMb, inBackground })
    this.#freezable = host.freezer.create(id, this.#limits.cgroups)
    this.#freeze = new LazyFreeze(this.#freezable, { afterMs: host.freezeAfterMs, clock: host.clock })
    this.#pipes = [
      new OutputPipe(fifos.outputFifo, (bytes) => output.output(bytes)),
      framesPipe(fifos.framesFifo, output),
      ...supervisorPipes(fifos.supervisor, start, output),
    ]
    const names = [fifos.outputFifo, fifos.framesFifo, ...Object.values(fifos.supervisor ?? {})]
    this.#memory = new MemoryWatch(this.#limits, {
      memoryMb,
      clock: host.clock,
      onExceeded: () => this.kill(),
    })
    host.launcher.launch(
      {
        type: 'launch',
        id,
        ...fifos,
        ...host.sandbox.command(start, { waitsForLimits }),
        waitsForLimits: waitsForLimits && host.sandbox.name === 'bubblewrap',
        cgroups: [...this.#limits.cgroups, ...this.#freezable.cgroups],
        record: `${folder}/process`,
      },
      {
        onLaunched: (pid) => this.#onLaunched(pid, names),
        onExit: (exit) => this.#onExit(exit, names),
      },
    )
  }

  /** Its first process has ended. */
  get isEnding(): boolean {
    return this.#dead
  }

  /** Its first process has ended, and all that it wrote is consumed. Never rejects. */
  get ended(): Promise<SandboxEnd> {
    return this.#ended.promise
  }

  /** Nothing of it is left: no process, no folder, no cgroup. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /** Calls `then` when what was written before now is consumed. */
  whenDrained(then: () => void): void {
    const [output, frames] = this.#pipes as [OutputPipe, OutputPipe]
    output.whenDrained(() => {
      if (frames.idle) then()
      else frames.whenDrained(then)
    })
  }

  endBackground(): void {
    this.#limits.endBackground()
  }

  endInit(): void {
    this.#limits.endInit()
  }

  limitProcessor(): void {
    this.#limits.limitProcessor()
  }

  /** From here on the environment keeps what is in its /tmp. */
  hold(kept: Kept): void {
    if (this.#host.sandbox.name !== 'bubblewrap') return
    this.#kept = kept
    if (this.#pid !== undefined) kept.hold(this.#pid)
  }

  /** It has something to do. */
  wake(): void {
    if (this.#dead) return
    this.#freeze.wake()
    this.#memory.start()
  }

  /** It has nothing to do: it need not be looked at, and is soon frozen. */
  rest(): void {
    this.#memory.stop()
    this.#freeze.rest()
  }

  /** Whole megabytes. */
  peakMemoryMb(): number {
    return this.#memory.peakMb()
  }

  /** Writes a line to its supervisor. */
  tell(line: string): void {
    if (!this.#dead) this.#host.launcher.tell(this.#id, line)
  }

  /** Asks its first process to end. */
  terminate(): void {
    if (!this.#dead) this.#host.launcher.terminate(this.#id)
  }

  /** Whether a process of it that ended so was ended for want of memory. */
  isOutOfMemory(exit: Exit): boolean {
    const killed = exit.signal === 'SIGKILL' || exit.code === KILLED
    return this.#memory.exceeded || (killed && this.#limits.ranOutOfMemory())
  }

  /** Ends every process in it, at once. `ended` and `gone` follow. */
  kill(): void {
    this.#freeze.end()
    this.#host.launcher.kill(this.#id)
  }

  #onLaunched(pid: number, fifos: readonly string[]): void {
    this.#pid = pid
    // A fork that was ready beforehand may be heard of by its Runtime API first.
    if (!this.#dead) this.#kept?.hold(pid)
    this.#limits.started(pid)
    this.#freezable.started(pid)
    this.#memory.start()
    // Both ends are open: the names have served.
    removeNames(fifos)
  }

  #onExit(exit: Exit, fifos: readonly string[]): void {
    if (this.#dead) return
    this.#dead = true
    this.#memory.ended()
    this.#freeze.end()
    this.#finish(exit, fifos).then(this.#gone.resolve, (error) => {
      this.#host.report(error)
      this.#gone.resolve()
    })
  }

  /** Until all is consumed, however long the consumer takes. */
  async #lastOutput(pipe: OutputPipe): Promise<void> {
    for (let consumed = -1; consumed !== pipe.consumed || !pipe.idle; ) {
      consumed = pipe.consumed
      const over = new AbortController()
      const silence = this.#host.clock
        .sleep(this.#pid !== undefined ? SILENCE_MS : SILENCE_BEFORE_LAUNCH_MS, over.signal)
        .then(
          () => false,
          () => true,
        )
      const ended = await Promise.race([pipe.ended.then(() => true), silence])
      over.abort()
      if (ended) return
    }
  }

  async #finish(exit: Exit, fifos: readonly string[]): Promise<void> {
    const { error } = exit
    if (error !== undefined) {
      // It never had a writer, and will have none: there is no end to wait for.
      this.#host.report(new Error(`A sandbox could not be started: ${error}`))
    } else {
      await Promise.all(this.#pipes.map((pipe) => this.#lastOutput(pipe)))
    }
    for (const pipe of this.#pipes) pipe.destroy()
    removeNames(fifos)
    // A child that was ended for want of memory is the handler's affair.
    this.#ended.resolve({ ...exit, outOfMemory: this.isOutOfMemory(exit) })
    await Promise.all([
      this.#limits.remove(),
      this.#freezable.remove(),
      rm(this.#folder, { recursive: true, force: true }),
    ])
  }
}

function removeNames(fifos: readonly string[]): void {
  for (const fifo of fifos) unlink(fifo).catch(() => {})
}

/** Log events do not wait for each other, but the pipe does for all that one reading brought. */
function framesPipe(fifo: string, output: SandboxOutput): OutputPipe {
  let full: Promise<void> | undefined
  const decoder = new FrameDecoder(
    (record) => {
      full = both(full, output.record(record))
    },
    (bytes) => {
      full = both(full, output.output(bytes))
    },
  )
  return new OutputPipe(
    fifo,
    (bytes) => {
      full = undefined
      decoder.push(bytes)
      return full
    },
    () => decoder.end(),
  )
}

function supervisorPipes(
  fifos: LaunchCommand['supervisor'],
  { onReport }: SandboxStart,
  output: SandboxOutput,
): OutputPipe[] {
  if (fifos === undefined) return []
  return [
    new OutputPipe(fifos.outputFifo, (bytes) => output.extension(bytes)),
    new OutputPipe(fifos.reportsFifo, (bytes) => {
      onReport?.(bytes)
      return undefined
    }),
  ]
}

function both(one: Promise<void> | undefined, other: Promise<void> | undefined): Promise<void> | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return Promise.all([one, other]).then(() => {})
}
