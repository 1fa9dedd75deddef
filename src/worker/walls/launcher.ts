import type { Launched, Launcher } from '../launcher/launcher.ts'
import type { LaunchCommand } from '../launcher/protocol.ts'
import type { Launches } from '../sandbox/running.ts'
import { Walls, type WallsBase, type WallsPlan } from './walls.ts'

/** After this many sandboxes in a row that the helper could not make, all are bubblewrap's. */
const FAILURES_MAX = 3

/**
 * Starts sandboxes by the walls helper where it can make them, else by the launcher: the command says the same for
 * bubblewrap. A sandbox that the helper could not make, of which nothing has run then, is made by bubblewrap, too.
 */
export class WalledLauncher implements Launches {
  readonly #launcher: Launcher
  readonly #report: (error: unknown) => void
  #onStarted: (pid: number) => void = () => {}
  #base: WallsBase | undefined
  #walls: Walls | undefined
  #failures = 0

  constructor(launcher: Launcher, report: (error: unknown) => void) {
    this.#launcher = launcher
    this.#report = report
  }

  /** Starts the helper; `onStarted` hears its process, now and when it had to be started again. Resolves when it takes orders, or is known not to. */
  async prepare(base: WallsBase, onStarted: (pid: number) => void): Promise<void> {
    this.#base = base
    this.#onStarted = onStarted
    await this.#start(base)?.ready
  }

  launch(
    { walls: plan, ...command }: LaunchCommand & { readonly walls?: WallsPlan },
    launched: Launched,
  ): void {
    const walls = plan === undefined ? undefined : this.#working()
    if (plan === undefined || walls === undefined) {
      this.#launcher.launch(command, launched)
      return
    }
    const onLaunched = (pid: number) => {
      this.#failures = 0
      launched.onLaunched(pid)
      this.#launcher.join(pid, command.cgroups)
    }
    const onFailed = (why: string) => {
      if (++this.#failures === FAILURES_MAX)
        this.#report(new Error(`From now on sandboxes are made by bubblewrap, which takes longer: ${why}`))
      this.#launcher.launch(command, launched)
    }
    walls.launch({ command, plan, onLaunched, onFailed, onExit: launched.onExit })
  }

  join(pid: number, cgroups: readonly string[]): void {
    this.#launcher.join(pid, cgroups)
  }

  kill(id: string): void {
    this.#makerOf(id).kill(id)
  }

  terminate(id: string): void {
    this.#makerOf(id).terminate(id)
  }

  tell(id: string, line: string): void {
    this.#launcher.tell(id, line)
  }

  /** Ends the helper, and with it all sandboxes of its making. */
  async stop(): Promise<void> {
    this.#base = undefined
    await this.#walls?.stop()
  }

  #start(base: WallsBase): Walls | undefined {
    this.#walls = Walls.start(base, this.#report)
    const pid = this.#walls?.pid
    if (pid !== undefined) this.#onStarted(pid)
    return this.#walls
  }

  #makerOf(id: string): Pick<Launches, 'kill' | 'terminate'> {
    return this.#walls?.has(id) ? this.#walls : this.#launcher
  }

  /** Started again where it died; until it is there bubblewrap does what it would. */
  #working(): Walls | undefined {
    if (this.#base === undefined || this.#failures >= FAILURES_MAX) return undefined
    if (this.#walls?.ended) this.#start(this.#base)
    return this.#walls?.works ? this.#walls : undefined
  }
}
