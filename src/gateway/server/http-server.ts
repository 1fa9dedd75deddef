import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { Clock } from '../../base/clock.ts'
import { atEndOfTurn } from '../../base/end-of-turn.ts'
import type { Linger } from '../../base/linger.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import { Exchange } from './exchange.ts'
import { FastLanes } from './fast-lanes.ts'
import { closeWhenIdle } from './idle-session.ts'
import { type Incoming, isAborted, toHttpRequest } from './incoming.ts'
import { discardRest } from './leftover.ts'
import { type Outgoing, send } from './outgoing.ts'
import type { ServerSettings } from './settings.ts'

export interface HttpServerOptions {
  /** Never rejects. */
  readonly answer: (request: HttpRequest) => Promise<HttpResponse>
  readonly settings: ServerSettings
  readonly clock: Clock
  readonly linger?: Linger | undefined
}

/**
 * HTTP/1.1 and cleartext HTTP/2 on one port. Clients of Kinesis begin with HTTP/2 without asking ("prior
 * knowledge"), so each connection's first bytes decide.
 */
export class HttpServer {
  readonly #answer: HttpServerOptions['answer']
  readonly #settings: ServerSettings
  readonly #clock: Clock
  readonly #linger: Linger | undefined
  readonly #http1: http.Server
  readonly #http2: http2.Http2Server
  readonly #sessions = new Set<http2.Http2Session>()
  readonly #exchanges = new Set<Exchange>()
  readonly #lanes: FastLanes
  /** Connections that have not sent anything yet. */
  readonly #unsorted = new Set<Socket>()
  /** node:http's own handling of a new connection, before which sorting is put. */
  readonly #takeOver: (socket: Socket) => void
  #isStopping = false
  #onIdle: (() => void) | undefined

  constructor({ answer, settings, clock, linger }: HttpServerOptions) {
    this.#answer = answer
    this.#settings = settings
    this.#clock = clock
    this.#linger = linger
    this.#http1 = this.#createHttp1()
    this.#http2 = this.#createHttp2()
    this.#lanes = new FastLanes({
      settings,
      clock,
      serve: (request, exchange, respond) => this.#serve(request, exchange, respond),
      close: (exchange, isAnswered) => this.#close(exchange, isAnswered),
      handOver: (socket, unread) => this.#toHttp1(socket, unread),
    })
    const [takeOver] = this.#http1.listeners('connection')
    this.#http1.removeAllListeners('connection')
    this.#takeOver = takeOver as (socket: Socket) => void
    this.#http1.on('connection', (socket: Socket) => this.#sort(socket))
  }

  listen(host: string, port: number): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.#http1.once('error', reject)
      this.#http1.listen(port, host, () => {
        this.#http1.off('error', reject)
        // EMFILE and the like: the connection is lost, the server goes on.
        this.#http1.on('error', () => {})
        resolve(this.#http1.address() as AddressInfo)
      })
    })
  }

  /** Takes a connection that was accepted elsewhere, as one of its own. */
  accept(socket: Socket): void {
    if (this.#isStopping) socket.destroy()
    else this.#http1.emit('connection', socket)
  }

  /** Takes no more requests, waits for those that are being answered, and cuts what is then still open. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const closed = new Promise<void>((resolve) => this.#http1.close(() => resolve()))
    this.#http1.closeIdleConnections()
    for (const socket of this.#unsorted) socket.destroy()
    this.#lanes.stop()
    for (const session of this.#sessions) session.close()
    for (const exchange of this.#exchanges) if (exchange.isEndless) exchange.cut()
    await this.#idle(this.#settings.stopGraceMs)
    for (const exchange of this.#exchanges) exchange.cut()
    this.#http1.closeAllConnections()
    this.#lanes.cut()
    for (const session of this.#sessions) session.destroy()
    await closed
  }

  #createHttp1(): http.Server {
    const { headerBytesMax, headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = this.#settings
    const server = http.createServer({
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(headersTimeoutMs, 5_000),
      joinDuplicateHeaders: true,
    })
    server.maxConnections = this.#settings.connectionsMax
    server.on('request', (incoming, outgoing) => void this.#exchange(incoming, outgoing))
    return server
  }

  #createHttp2(): http2.Http2Server {
    const { streamsMax, headerBytesMax, keepAliveTimeoutMs } = this.#settings
    const server = http2.createServer({
      settings: { maxConcurrentStreams: streamsMax, maxHeaderListSize: headerBytesMax },
    })
    server.on('session', (session) => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      closeWhenIdle(session, this.#clock, keepAliveTimeoutMs)
    })
    server.on('sessionError', () => {})
    server.on('request', (incoming, outgoing) => {
      this.#limitTime(incoming)
      this.#exchange(incoming, outgoing)
    })
    return server
  }

  /** node:http has such a limit itself. */
  #limitTime(incoming: http2.Http2ServerRequest): void {
    const timer = this.#clock.after(this.#settings.requestTimeoutMs, () => incoming.stream.close()).unref()
    incoming.once('end', () => timer.cancel())
    incoming.once('close', () => timer.cancel())
  }

  #sort(socket: Socket): void {
    const giveUp = () => socket.destroy()
    const silence = this.#clock.after(this.#settings.headersTimeoutMs, giveUp).unref()
    const sorted = () => {
      silence.cancel()
      this.#unsorted.delete(socket)
    }
    this.#unsorted.add(socket)
    socket.on('error', giveUp).on('end', giveUp).once('close', sorted)
    socket.once('data', (first: Buffer) => {
      sorted()
      socket.off('error', giveUp).off('close', sorted)
      if (first.toString('latin1', 0, 3) === 'PRI') {
        // Its end stays the end: node:http2 would not notice on a socket that may be half open.
        putBack(socket, first)
        this.#http2.emit('connection', socket)
      } else {
        socket.off('end', giveUp)
        this.#lanes.open(socket, first)
      }
    })
  }

  #toHttp1(socket: Socket, unread: Buffer): void {
    putBack(socket, unread)
    this.#takeOver.call(this.#http1, socket)
  }

  async #exchange(incoming: Incoming, outgoing: Outgoing): Promise<void> {
    const sent = writableOf(outgoing)
    // An HTTP/2 client may have reset its stream before we hear of it: nothing would tell us again.
    if (sent.closed) return
    const exchange = new Exchange(() => outgoing.destroy())
    incoming.on('error', () => {})
    outgoing.on('error', () => {})
    sent.once('finish', () => discardRest(incoming))
    sent.once('close', () => this.#close(exchange, sent.writableFinished && !isAborted(incoming)))
    await this.#serve(toHttpRequest(incoming, exchange), exchange, (response) => {
      if (this.#isStopping && incoming.httpVersionMajor === 1) outgoing.setHeader('connection', 'close')
      send(outgoing, response, incoming.method ?? 'GET')
    })
  }

  async #serve(
    request: HttpRequest,
    exchange: Exchange,
    respond: (response: HttpResponse) => void,
  ): Promise<void> {
    this.#exchanges.add(exchange)
    this.#expectMore()
    const response = await this.#answer(request)
    exchange.isEndless = response.isEndless ?? false
    const write = () => {
      respond(response)
      if (this.#isStopping && exchange.isEndless) exchange.cut()
      this.#expectMore()
    }
    // Under load most of an answer's cost is waking the client that reads it. One with many connections is woken by
    // the first of a row of writes and awake for the others: 15 % more requests a second with 8 and 32 connections.
    if (this.#exchanges.size === 1) write()
    else atEndOfTurn(write)
  }

  /** One request at a time, and its answer: with more of them the loop is not left without any. */
  #expectMore(): void {
    if (this.#exchanges.size <= 1) this.#linger?.expectMore()
    else this.#linger?.forget()
  }

  #close(exchange: Exchange, isAnswered: boolean): void {
    this.#exchanges.delete(exchange)
    if (!isAnswered) exchange.abort()
    if (this.#exchanges.size === 0) this.#onIdle?.()
  }

  /** Until no request is being answered, or `ms` have passed. */
  #idle(ms: number): Promise<void> {
    if (this.#exchanges.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, resolve)
      this.#onIdle = () => {
        timer.cancel()
        resolve()
      }
    })
  }
}

/** What has been read is read again, by whom the socket is given to in this turn of the event loop. */
function putBack(socket: Socket, bytes: Buffer): void {
  socket.pause()
  socket.unshift(bytes)
  process.nextTick(() => socket.resume())
}

/** HTTP/2's response only stands before the stream, and hears of its end too late. */
function writableOf(outgoing: Outgoing): Writable {
  return 'stream' in outgoing ? outgoing.stream : outgoing
}
