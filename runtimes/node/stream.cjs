'use strict'
// Response streaming: what `awslambda.streamifyResponse` makes of a handler, and the stream it writes to.

const { Writable } = require('node:stream')
const errors = require('./errors.cjs')
const { contextOf, loopEnd, parseEvent } = require('./invoke.cjs')
const { STREAMING } = require('./load.cjs')

const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark')
const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type'
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body'

function streamifyResponse(handler, options) {
  handler[STREAMING] = 'response'
  if (typeof options?.highWaterMark === 'number') handler[HIGH_WATER_MARK] = options.highWaterMark
  return handler
}

/** Status, headers and cookies of an HTTP response, as JSON and eight NULs before the body. */
const HttpResponseStream = {
  from(stream, prelude) {
    stream.setContentType('application/vnd.awslambda.http-integration-response')
    stream._onBeforeFirstWrite = (write) => {
      write(JSON.stringify(prelude))
      write(new Uint8Array(8))
    }
    return stream
  },
}

/** Nothing is sent before the first byte, so that an early failure is an ordinary error. */
class ResponseStream extends Writable {
  constructor(client, id, highWaterMark) {
    super(highWaterMark === undefined ? {} : { highWaterMark })
    this.client = client
    this.id = id
    this.contentType = 'application/octet-stream'
    this.headSent = false
    /** Behind the body: what it broke off with. */
    this.trailers = ''
    /** The body has its end, and this is its answer: what the function still writes is no part of it. */
    this.answered = undefined
  }

  setContentType(contentType) {
    if (this.headSent) throw new errors.InvalidStreamingOperation('Cannot set content-type, too late.')
    this.contentType = contentType
  }

  write(chunk, ...rest) {
    const raw = typeof chunk === 'string' || chunk instanceof Uint8Array
    return super.write(raw ? chunk : JSON.stringify(chunk), ...rest)
  }

  _write(chunk, _encoding, written) {
    if (this.answered) return written()
    this.sendHead()
    this.writeChunk(Buffer.from(chunk), written)
  }

  _final(done) {
    this.close().then(() => done())
  }

  writeChunk(bytes, written) {
    const { socket } = this.client
    // A chunk without bytes would be the last.
    if (bytes.length === 0) return written?.()
    socket.cork()
    socket.write(`${bytes.length.toString(16)}\r\n`)
    socket.write(bytes)
    socket.write('\r\n', written)
    socket.uncork()
  }

  sendHead() {
    if (this.headSent) return
    this.headSent = true
    const head = [
      `POST /2018-06-01/runtime/invocation/${this.id}/response HTTP/1.1`,
      `Host: ${this.client.host}`,
      `Content-Type: ${this.contentType}`,
      'Lambda-Runtime-Function-Response-Mode: streaming',
      'Transfer-Encoding: chunked',
      `Trailer: ${ERROR_TYPE}, ${ERROR_BODY}`,
    ]
    this.client.socket.write(`${head.join('\r\n')}\r\n\r\n`)
    this._onBeforeFirstWrite?.((chunk) => this.writeChunk(Buffer.from(chunk)))
  }

  /** Ends the body, and waits for the answer. */
  close() {
    this.answered ??= new Promise((resolve) => {
      this.sendHead()
      this.client.expect(() => {
        this.client.idle()
        resolve()
      })
      this.client.write(`0\r\n${this.trailers}\r\n`)
    })
    return this.answered
  }

  /** Ends it with an error, behind all that was written before. */
  fail(error, done) {
    const body = Buffer.from(JSON.stringify(errors.describe(error))).toString('base64')
    const type = errors.report(error).type.replace(/[^\x21-\x7e]/g, '')
    this.trailers = `${ERROR_TYPE}: ${type}\r\n${ERROR_BODY}: ${body}\r\n`
    if (this.destroyed) this.close().then(done)
    else this.end(() => done())
  }
}

/** Over when the stream has ended and, up to Node.js 22, the event loop is empty. */
function invokeStreaming(handler, { headers, body }, settle) {
  const id = headers['lambda-runtime-aws-request-id']
  const stream = new ResponseStream(settle.client, id, handler[HIGH_WATER_MARK])
  settle.opened?.(stream)
  const ended = new Promise((resolve, reject) => {
    stream.on('finish', resolve)
    stream.on('error', reject)
  })
  ended.catch(() => {})

  const run = async () => {
    const context = { callbackWaitsForEmptyEventLoop: !settle.modern, ...contextOf(headers, process.env) }
    if (settle.modern) Reflect.deleteProperty(context, 'callbackWaitsForEmptyEventLoop')
    const returned = handler(parseEvent(body), stream, context)
    if (typeof returned?.then !== 'function') throw 'Streaming does not support non-async handlers.'
    if ((await returned) !== undefined) console.warn('Streaming handlers ignore return values.')
    await ended
    return context.callbackWaitsForEmptyEventLoop === true
  }
  loopEnd.run = () => failStream(stream, id, 'Response stream is not finished.', settle)
  run().then(
    (waits) => {
      if (!waits) return settle.next(id)
      loopEnd.run = () => settle.next(id)
    },
    (error) => failStream(stream, id, error, settle),
  )
}

function failStream(stream, id, error, settle) {
  if (!stream.headSent) return settle.fail(id, error)
  settle.logError('Invoke Error', error)
  stream.fail(error, () => settle.next(id))
}

module.exports = { HttpResponseStream, invokeStreaming, streamifyResponse }
