import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The helper's answers come within a millisecond; one that hangs is not waited for. */
const WAITING_MAX = 1000

/** Programs that mount, the quickest first. All speak the same lines. */
export const HELPERS = [
  { needs: '/usr/bin/perl', argv: ['/usr/bin/perl', own('mount.pl')] },
  { needs: '/usr/bin/python3', argv: ['/usr/bin/python3', '-I', '-S', own('mount.py')] },
  { needs: '/usr/bin/mount', argv: ['/bin/sh', own('mount.sh')] },
] as const

const UNSHARE = '/usr/bin/unshare'
const NSENTER = '/usr/bin/nsenter'

/**
 * Mounts code into sandboxes that run already.
 *
 * A resident helper has a mount namespace of its own, in which the folder of environments is a shared mount.
 * Sandboxes that are started in that namespace get what is mounted in the folder afterwards. Nothing of it is
 * seen in the daemon's own namespace, and all of it goes when the last process in there ends: there is nothing
 * that a killed daemon could leave behind.
 */
export class Mounter {
  readonly #child: ChildProcess
  readonly #staging: string
  /** In the order of their requests: the helper does one after the other. */
  readonly #waiting: PromiseWithResolvers<void>[] = []
  #ended = false

  /** Undefined where the machine lacks what it takes. `shared`: the folder in which code is to be mounted. */
  static async start(
    shared: string,
    staging: string,
    helpers: readonly { needs: string; argv: readonly string[] }[] = HELPERS,
  ): Promise<Mounter | undefined> {
    const helper = helpers.find(({ needs }) => existsSync(needs))
    if (helper === undefined || !existsSync(UNSHARE) || !existsSync(NSENTER)) return undefined
    if (/[\t\n]/.test(shared + staging)) return undefined
    mkdirSync(staging, { recursive: true, mode: 0o700 })
    const mounter = new Mounter(helper.argv, staging)
    try {
      await mounter.#ask('share', shared)
      return mounter
    } catch {
      mounter.stop()
      return undefined
    }
  }

  private constructor(argv: readonly string[], staging: string) {
    this.#staging = staging
    this.#child = spawn(UNSHARE, ['--mount', '--propagation', 'slave', ...argv], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    })
    const { stdin, stdout } = this.#child
    if (stdin === null || stdout === null) throw new Error('The mount helper has no pipes.')
    stdin.on('error', () => {})
    this.#child.on('error', () => this.#onEnd())
    this.#child.on('exit', () => this.#onEnd())
    createInterface({ input: stdout }).on('line', (line) => {
      const asked = this.#waiting.shift()
      if (line === 'ok') asked?.resolve()
      else asked?.reject(new Error(`mounting failed: ${line}`))
      if (this.#waiting.length === 0) this.#keepQuiet()
    })
    this.#keepQuiet()
  }

  get works(): boolean {
    return !this.#ended
  }

  /** The program and arguments that run another in the helper's namespace. */
  get prefix(): readonly string[] {
    return [NSENTER, `--mount=${this.namespace}`, '--']
  }

  /** The file of the helper's mount namespace. */
  get namespace(): string {
    return `/proc/${this.#child.pid}/ns/mnt`
  }

  /** Mounts a folder read-only on another one. Rejects where that cannot be done. */
  bind(source: string, target: string): Promise<void> {
    return this.#ask('bind', source, this.#staging, target)
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }

  #ask(...words: readonly string[]): Promise<void> {
    if (this.#ended || this.#waiting.length >= WAITING_MAX || words.some((word) => /[\t\n]/.test(word))) {
      return Promise.reject(new Error('the mount helper cannot be asked'))
    }
    const asked = Promise.withResolvers<void>()
    this.#waiting.push(asked)
    this.#child.ref()
    this.#child.stdin?.write(`${words.join('\t')}\n`)
    return asked.promise
  }

  /** One that has nothing to do keeps nobody alive. */
  #keepQuiet(): void {
    this.#child.unref()
    for (const pipe of [this.#child.stdin, this.#child.stdout]) (pipe as { unref?(): void } | null)?.unref?.()
  }

  #onEnd(): void {
    this.#ended = true
    for (const asked of this.#waiting.splice(0)) asked.reject(new Error('the mount helper ended'))
  }
}

function own(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
