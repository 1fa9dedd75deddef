/** What a room is to whoever runs it. */
export interface StartedRoom {
  start(): unknown
  stop(): unknown
}

export interface LazyRoomOptions<Room extends StartedRoom> {
  /** Imports the room's code and builds it. */
  readonly build: () => Promise<Room>
  /** Whether an earlier run left work that nobody will call for: a schedule that is due, a message to be delivered. */
  readonly hasWork: () => Promise<boolean>
}

/**
 * A room that is loaded, built and started when it is first needed, since each costs megabytes and
 * milliseconds that most who run lambdad would pay for nothing.
 */
export class LazyRoom<Room extends StartedRoom> {
  readonly #options: LazyRoomOptions<Room>
  #room: Promise<Room> | undefined
  #stopped = false

  constructor(options: LazyRoomOptions<Room>) {
    this.#options = options
  }

  /** The room, running. What failed to load, for want of a file descriptor or so, is tried again by the next call. */
  get(): Promise<Room> {
    if (this.#stopped) return Promise.reject(new Error('lambdad is stopping'))
    this.#room ??= this.#load()
    return this.#room
  }

  async start(): Promise<void> {
    if (await this.#options.hasWork()) await this.get()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const room = await this.#room?.catch(() => undefined)
    await room?.stop()
  }

  async #load(): Promise<Room> {
    try {
      const room = await this.#options.build()
      await room.start()
      return room
    } catch (error) {
      this.#room = undefined
      throw error
    }
  }
}
