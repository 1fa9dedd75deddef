import { type ChildProcess, spawn } from 'node:child_process'
import type { Server, Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./helper.pl', import.meta.url))

export interface HelperPrograms {
  readonly perl: string
  readonly nft: string
}

/** What the helper sends; a handle may come with it. */
interface Answer {
  readonly id: number
  readonly fd?: number
  readonly error?: string
}

interface Call {
  readonly handles: (Server | Socket)[]
  readonly settle: PromiseWithResolvers<Answer>
  /** `connect` is answered by its handle alone. */
  readonly byHandle: boolean
}

/** The daemon's end of the network helper (helper.pl): a small process that may change its namespace. */
export class Helper {
  readonly #child: ChildProcess
  readonly #calls = new Map<number, Call>()
  readonly #exited: Promise<void>
  /** 0 is the helper's own start. */
  #ids = 0
  #lost = false

  private constructor({ perl, nft }: HelperPrograms) {
    const first = String(process.pid % 2560)
    this.#child = spawn(perl, [PROGRAM, process.arch, nft, first], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    })
    this.#child.on('message', (answer, handle) => this.#heard(answer as Answer, handle as Server | undefined))
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', resolve)
      this.#child.once('error', () => resolve())
    })
    this.#exited.then(() => this.#onLost())
    this.#child.unref()
  }

  /** Resolves when there is a router to which environments can be linked; rejects with what the machine refuses. */
  static async start(programs: HelperPrograms): Promise<Helper> {
    const helper = new Helper(programs)
    await helper.#expect(0, false)
    return helper
  }

  get lost(): boolean {
    return this.#lost
  }

  /** Makes a namespace with listeners on its loopback. The file keeps it until `drop`. */
  async make(place: number, ports: readonly number[]): Promise<MadeNamespace> {
    const id = ++this.#ids
    const { fd, handles } = await this.#call(id, { make: id, place, ports })
    return { id, file: `/proc/${this.#child.pid}/fd/${fd}`, listeners: handles as Server[] }
  }

  async connect(namespace: number, port: number): Promise<Socket> {
    const id = ++this.#ids
    const { handles } = await this.#call(id, { connect: id, of: namespace, port }, true)
    return handles[0] as Socket
  }

  drop(namespace: number): void {
    if (!this.#lost) this.#child.send({ drop: namespace }, () => {})
  }

  async stop(): Promise<void> {
    this.#child.ref()
    if (this.#child.connected) this.#child.disconnect()
    await this.#exited
  }

  #call(id: number, message: object, byHandle = false): Promise<Answer & { handles: (Server | Socket)[] }> {
    if (this.#lost) return Promise.reject(new Error('The network helper ended.'))
    const answer = this.#expect(id, byHandle)
    this.#child.send(message, (error) => {
      if (error !== null) this.#onLost()
    })
    return answer
  }

  async #expect(id: number, byHandle: boolean): Promise<Answer & { handles: (Server | Socket)[] }> {
    const call: Call = { handles: [], settle: Promise.withResolvers(), byHandle }
    this.#calls.set(id, call)
    this.#child.channel?.ref()
    const answer = await call.settle.promise
    if (answer.error !== undefined) {
      for (const handle of call.handles) if ('close' in handle) handle.close()
      throw new Error(`The network helper: ${answer.error.trim()}`)
    }
    return { ...answer, handles: call.handles }
  }

  #heard(answer: Answer, handle: Server | Socket | undefined): void {
    const call = this.#calls.get(answer.id)
    if (handle !== undefined) call?.handles.push(handle)
    if (handle !== undefined && call?.byHandle !== true) return
    this.#settle(answer)
  }

  #settle(answer: Answer): void {
    this.#calls.get(answer.id)?.settle.resolve(answer)
    this.#calls.delete(answer.id)
    if (this.#calls.size === 0) this.#child.channel?.unref()
  }

  #onLost(): void {
    this.#lost = true
    for (const id of [...this.#calls.keys()]) this.#settle({ id, error: 'it ended' })
  }
}

export interface MadeNamespace {
  readonly id: number
  readonly file: string
  /** In the order of the ports. */
  readonly listeners: readonly Server[]
}
