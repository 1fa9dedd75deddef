'use strict'
// The runtime's side of the Runtime API, on one kept-open connection: hand-written HTTP/1.1, because loading
// Node's http module alone would cost a tenth of the boot.

const net = require('node:net')

const API = '/2018-06-01/runtime'
const READ_BYTES = 64 * 1024
const HEAD_END = Buffer.from('\r\n\r\n')

/** What is written in a header must not end it: anything but printable ASCII is left out or escaped before. */
const HEADER_SAFE = /^[\x20-\x7e]+$/

class RuntimeClient {
  /** @param {string} address the path of a Unix socket, or `host:port` */
  constructor(address) {
    const isPath = address.startsWith('/')
    const colon = address.lastIndexOf(':')
    const where = isPath
      ? { path: address }
      : { port: Number(address.slice(colon + 1)), host: address.slice(0, colon) }
    // Into one buffer, over and over: without a stream's events, and without a new 64 KB for each read.
    const take = (count, buffer) => {
      this.parser.take(buffer.subarray(0, count))
      return true
    }
    this.socket = net.connect({
      ...where,
      onread: { buffer: Buffer.allocUnsafe(READ_BYTES), callback: take },
    })
    if (!isPath) this.socket.setNoDelay(true)
    this.host = isPath ? 'localhost' : address
    this.getNext = `GET ${API}/invocation/next HTTP/1.1\r\nHost: ${this.host}\r\n\r\n`
    this.parser = new ResponseParser((response) => this.answered(response))
    /** Who waits for the responses to come, in the order of the requests. */
    this.waiting = []
    this.socket.on('error', (error) => this.lost(error))
    this.socket.on('close', () => this.lost())
  }

  /** Asks for an invocation; `onInvocation` gets `{ headers, body }`. */
  next(onInvocation) {
    this.ask(this.getNext, onInvocation)
  }

  /** Waits for a function, as long as it takes; `onFunction` gets its variables and the folder it starts in. */
  awaitFunction(onFunction) {
    this.ask(`GET /lambdad/function HTTP/1.1\r\nHost: ${this.host}\r\n\r\n`, ({ body }) =>
      onFunction(JSON.parse(body.utf8Slice())),
    )
  }

  /** Posts a result, and in the same write asks for the next invocation: one wake-up of the other side. */
  respond(id, body, onInvocation) {
    const post = this.post(`/invocation/${id}/response`, body, 'Content-Type: application/json\r\n')
    this.expect(ignore)
    this.ask(post + this.getNext, onInvocation)
  }

  /** Posts an error, and in the same write asks for the next invocation. */
  fail(id, error, onInvocation) {
    this.expect(ignore)
    this.ask(this.postError(`/invocation/${id}/error`, error) + this.getNext, onInvocation)
  }

  /** Posts the error of an invocation, or of init where there is no `id`, and asks for nothing more. */
  failFinally(id, error, onPosted) {
    this.expect(onPosted)
    this.write(this.postError(id === undefined ? '/init/error' : `/invocation/${id}/error`, error))
  }

  /** `onResponse` gets the response to the request that is about to be written. */
  expect(onResponse) {
    this.waiting.push({ onResponse, isNext: false })
  }

  /**
   * While a handler runs, the connection must not keep the event loop alive: an empty loop ends some calls. Where the
   * next invocation has been asked for already it must, or the process would end.
   */
  idle() {
    if (this.waiting.length === 0) this.socket.unref()
  }

  ask(request, onInvocation) {
    this.waiting.push({ onResponse: onInvocation, isNext: true })
    this.write(request)
  }

  write(request) {
    this.socket.ref()
    this.socket.write(request)
  }

  post(path, body, headers) {
    const length = Buffer.byteLength(body)
    return `POST ${API}${path} HTTP/1.1\r\nHost: ${this.host}\r\n${headers}Content-Length: ${length}\r\n\r\n${body}`
  }

  postError(path, { type, body, cause }) {
    let headers = 'Content-Type: application/json\r\n'
    if (HEADER_SAFE.test(type)) headers += `Lambda-Runtime-Function-Error-Type: ${type}\r\n`
    if (cause && HEADER_SAFE.test(cause)) headers += `Lambda-Runtime-Function-XRay-Error-Cause: ${cause}\r\n`
    return this.post(path, body, headers)
  }

  answered(response) {
    const waiting = this.waiting.shift()
    if (waiting === undefined) return this.lost(new Error('a response that nobody asked for'))
    if (waiting.isNext && response.status !== 200) {
      return this.lost(new Error(`next was answered with status ${response.status}`))
    }
    waiting.onResponse(response)
  }

  /** Without its Runtime API a runtime has nothing to live for. */
  lost(error) {
    if (error) require('node:fs').writeSync(2, `lambdad: the Runtime API is gone: ${error.message}\n`)
    process.exit(1)
  }
}

function ignore() {}

/**
 * Cuts a stream of bytes into responses, their bodies by Content-Length or in chunks. The bytes are read over once
 * `take` returns: what is kept is copied, and a body is for whoever reads it at once.
 */
class ResponseParser {
  constructor(onResponse) {
    this.onResponse = onResponse
    this.rest = null
    this.current = null
  }

  take(chunk) {
    let data = chunk
    while (data.length > 0) {
      if (this.current === null) {
        data = this.takeHead(data)
        if (data === null) return
      }
      data = this.current.chunked ? this.takeChunked(data) : this.takeBody(data)
      if (data === null) return
    }
  }

  takeHead(chunk) {
    const data = this.rest === null ? chunk : Buffer.concat([this.rest, chunk])
    const end = data.indexOf(HEAD_END)
    this.rest = end < 0 ? Buffer.from(data) : null
    if (end < 0) return null

    const text = data.utf8Slice(0, end)
    const headers = readFields(text)
    const chunked = headers['transfer-encoding'] === 'chunked'
    const length = Number(headers['content-length'] ?? 0)
    this.current = { status: Number(text.slice(9, 12)), headers, chunked, length, filled: 0, body: null }
    const after = data.subarray(end + 4)
    if (after.length === 0 && length === 0 && !chunked) {
      this.finish(after)
      return null
    }
    return after
  }

  /** A body that arrives whole is a view; one that comes in pieces is filled into a buffer made for it. */
  takeBody(data) {
    const response = this.current
    const missing = response.length - response.filled
    if (response.filled === 0 && data.length >= missing) {
      response.body = data.subarray(0, missing)
      this.finish(response.body)
      return data.subarray(missing)
    }
    response.body ??= Buffer.allocUnsafe(response.length)
    const count = data.copy(response.body, response.filled, 0, missing)
    response.filled += count
    if (response.filled < response.length) return null
    this.finish(response.body)
    return data.subarray(count)
  }

  takeChunked(chunk) {
    let data = this.rest === null ? chunk : Buffer.concat([this.rest, chunk])
    this.rest = null
    const response = this.current
    response.body ??= []
    for (;;) {
      const end = data.indexOf('\r\n')
      const size = end < 0 ? -1 : Number.parseInt(data.latin1Slice(0, end), 16)
      const whole = size >= 0 && data.length >= end + 4 + size
      if (!whole) {
        this.rest = Buffer.from(data)
        return null
      }
      if (size === 0) break
      response.body.push(Buffer.from(data.subarray(end + 2, end + 2 + size)))
      data = data.subarray(end + 4 + size)
    }
    this.finish(Buffer.concat(response.body))
    return data.subarray(data.indexOf('\r\n') + 4)
  }

  finish(body) {
    const { status, headers } = this.current
    this.current = null
    this.onResponse({ status, headers, body })
  }
}

/** Names of header fields in lower case, by how they are written: the same few over and over. */
const names = new Map()
const NAMES_MAX = 100

function readFields(text) {
  const headers = {}
  for (let start = text.indexOf('\r\n'); start >= 0; ) {
    const end = text.indexOf('\r\n', start + 2)
    const colon = text.indexOf(':', start)
    const name = text.slice(start + 2, colon)
    headers[names.get(name) ?? inLowerCase(name)] = text.slice(colon + 1, end < 0 ? undefined : end).trim()
    start = end
  }
  return headers
}

function inLowerCase(name) {
  const lower = name.toLowerCase()
  if (names.size < NAMES_MAX) names.set(name, lower)
  return lower
}

module.exports = { RuntimeClient, ResponseParser }
