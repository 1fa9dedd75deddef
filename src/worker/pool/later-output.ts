import type { LogRecord } from '../../wire/worker.ts'
import type { SandboxOutput } from '../sandbox/running.ts'

/** What a runtime says before it has a function is a warning or two. */
const EARLY_BYTES_MAX = 64 * 1024

/** Output whose receiver is known later. What comes before is kept for it. */
export class LaterOutput implements SandboxOutput {
  #receiver: SandboxOutput | undefined
  readonly #early: Uint8Array[] = []
  #earlyBytes = 0

  output(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#receiver !== undefined) return this.#receiver.output(bytes)
    this.#earlyBytes += bytes.length
    if (this.#earlyBytes <= EARLY_BYTES_MAX) this.#early.push(Uint8Array.from(bytes))
    return undefined
  }

  record(record: LogRecord): Promise<void> | undefined {
    return this.#receiver?.record(record)
  }

  extension(bytes: Uint8Array): Promise<void> | undefined {
    return this.#receiver?.extension(bytes)
  }

  to(receiver: SandboxOutput): void {
    this.#receiver = receiver
    for (const bytes of this.#early.splice(0)) receiver.output(bytes)
  }
}
