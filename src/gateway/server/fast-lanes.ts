import type { Socket } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import type { Clock, Timer } from '../../base/clock.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import type { Exchange } from './exchange.ts'
import { FastLane, type LaneHost } from './fast-lane.ts'
import { discard } from './outgoing.ts'
import type { WholeRequest } from './plain-request.ts'
import { PlainResponses } from './plain-response.ts'
import type { ServerSettings } from './settings.ts'

export interface FastLanesOptions {
  readonly settings: ServerSettings
  readonly clock: Clock
  /** Answers through `respond`, called once; never rejects. */
  readonly serve: (
    request: HttpRequest,
    exchange: Exchange,
    respond: (response: HttpResponse) => void,
  ) => unknown
  readonly close: (exchange: Exchange, isAnswered: boolean) => void
  readonly handOver: (socket: Socket, unread: Buffer) => void
}

/** How often lanes are looked at in the time that an idle connection is kept. */
const LOOKS = 10
const LOOK_MS_MAX = 5_000

/** All connections on which nothing but plain Invokes has come. */
export class FastLanes implements LaneHost {
  readonly headerBytesMax: number
  readonly #options: FastLanesOptions
  readonly #responses: PlainResponses
  readonly #lanes = new Set<FastLane>()
  readonly #lookMs: number
  readonly #quietLooksMax: number
  #look: Timer | undefined
  #isStopping = false

  constructor(options: FastLanesOptions) {
    const { settings, clock } = options
    this.#options = options
    this.headerBytesMax = settings.headerBytesMax
    this.#responses = new PlainResponses(settings.keepAliveTimeoutMs, () => clock.now())
    this.#lookMs = Math.min(settings.keepAliveTimeoutMs / LOOKS, LOOK_MS_MAX)
    this.#quietLooksMax = Math.ceil(settings.keepAliveTimeoutMs / this.#lookMs)
  }

  /** Takes a connection on which `first` has come. */
  open(socket: Socket, first: Buffer): void {
    const lane = new FastLane(socket, this)
    this.#lanes.add(lane)
    this.#lookLater()
    lane.take(first)
  }

  serve(lane: FastLane, request: WholeRequest, exchange: Exchange): void {
    this.#options.serve(request, exchange, (response) => this.#respond(lane, exchange, response))
  }

  handOver(socket: Socket, unread: Buffer): void {
    this.#options.handOver(socket, unread)
  }

  closed(lane: FastLane, exchange: Exchange | undefined): void {
    this.#lanes.delete(lane)
    if (exchange !== undefined) this.#options.close(exchange, false)
  }

  /** Takes no more requests. */
  stop(): void {
    this.#isStopping = true
    this.#look?.cancel()
    for (const lane of this.#lanes) if (lane.isIdle) lane.socket.destroy()
  }

  /** Ends what is still open. */
  cut(): void {
    for (const { socket } of this.#lanes) socket.destroy()
  }

  #respond(lane: FastLane, exchange: Exchange, response: HttpResponse): void {
    const { body } = response
    if (lane.socket.destroyed) discard(body)
    else if (body instanceof Readable) this.#stream(lane, response, body)
    else {
      const pieces = this.#responses.piecesOf(response, this.#isStopping)
      lane.answer(pieces, this.#isStopping, () => this.#options.close(exchange, true))
    }
  }

  /** Invoke answers no stream, but who answers for its path on another host may: it ends with the connection. */
  #stream(lane: FastLane, response: HttpResponse, body: Readable): void {
    lane.socket.write(this.#responses.headOf(response))
    pipeline(body, lane.socket, () => {})
  }

  #lookLater(): void {
    this.#look ??= this.#options.clock
      .after(this.#lookMs, () => {
        this.#look = undefined
        for (const lane of this.#lanes) this.#lookAt(lane)
        if (this.#lanes.size > 0 && !this.#isStopping) this.#lookLater()
      })
      .unref()
  }

  #lookAt(lane: FastLane): void {
    if (lane.quietLooks++ === 0) return
    if (!lane.isIdle) lane.giveUpPart()
    else if (lane.quietLooks > this.#quietLooksMax) lane.socket.destroy()
  }
}
