import { createServer, type Socket } from 'node:net'
import path from 'node:path'

/** A Runtime API that does as its test tells it, and keeps what the runtime says. */
export interface ScriptedApi {
  /** `LAMBDAD_RUNTIME_SOCKET` or `AWS_LAMBDA_RUNTIME_API`, whichever it was started for. */
  readonly env: Record<string, string>
  /** Hands the runtime an event, and resolves with its answer. One at a time. */
  invoke(event: unknown, options?: InvokeOptions): Promise<Answer>
  /** Resolves with the error that the runtime posts for its init. */
  readonly initError: Promise<Answer>
  /** Resolves when the runtime asks for its first event. */
  readonly ready: Promise<void>
  /** How many bytes each read from the runtime had, and whether it held the end of a POST and a GET. */
  readonly pipelined: boolean[]
  close(): Promise<void>
}

export interface InvokeOptions {
  readonly id?: string
  readonly headers?: Record<string, string>
  /** Bytes instead of the event's JSON. */
  readonly raw?: Uint8Array | string
  readonly deadlineMs?: number
  /** The body in chunks, without a length. */
  readonly chunked?: boolean
  /** A few bytes at a time. */
  readonly slowly?: boolean
}

export interface Answer {
  readonly kind: 'response' | 'error' | 'init-error'
  readonly id: string
  readonly headers: Record<string, string>
  readonly body: Buffer
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  readonly json: any
  /** Of a streamed response. */
  readonly trailers: Record<string, string>
}

interface Request extends Omit<Answer, 'kind' | 'id' | 'json'> {
  readonly method: string
  readonly path: string
}

const ACCEPTED =
  'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'

let count = 0

export async function startApi(folder: string, transport: 'unix' | 'tcp' = 'unix'): Promise<ScriptedApi> {
  const initError = Promise.withResolvers<Answer>()
  const ready = Promise.withResolvers<void>()
  const answers = new Map<string, (answer: Answer) => void>()
  const events: { bytes: Buffer; slowly: boolean }[] = []
  const pipelined: boolean[] = []
  const connections = new Set<Socket>()
  let waiting: Socket | undefined
  initError.promise.catch(() => {})

  const send = (): void => {
    const event = waiting === undefined ? undefined : events.shift()
    if (waiting === undefined || event === undefined) return
    if (event.slowly) void trickle(waiting, event.bytes)
    else waiting.write(event.bytes)
    waiting = undefined
  }
  const handle = (socket: Socket, request: Request): void => {
    if (request.method === 'GET') {
      waiting = socket
      ready.resolve()
      send()
      return
    }
    socket.write(ACCEPTED)
    const [, id = '', last = ''] = /invocation\/([^/]+)\/(\w+)$/.exec(request.path) ?? []
    const kind = request.path.endsWith('/init/error') ? 'init-error' : (last as 'response' | 'error')
    const answer: Answer = { ...request, kind, id, json: parse(request.body) }
    if (kind === 'init-error') initError.resolve(answer)
    else answers.get(id)?.(answer)
  }

  const server = createServer((socket) => {
    connections.add(socket)
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      const methods: string[] = []
      for (let cut = cutRequest(rest); cut !== undefined; cut = cutRequest(rest)) {
        rest = cut.rest
        methods.push(cut.request.method)
        handle(socket, cut.request)
      }
      pipelined.push(methods.join() === 'POST,GET')
    })
  })
  const socketPath = path.join(folder, `api-${count++}.sock`)
  await new Promise<void>((resolve) => {
    if (transport === 'unix') server.listen(socketPath, resolve)
    else server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined

  return {
    env:
      transport === 'unix'
        ? { LAMBDAD_RUNTIME_SOCKET: socketPath, AWS_LAMBDA_RUNTIME_API: '127.0.0.1:1' }
        : { AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}` },
    initError: initError.promise,
    ready: ready.promise,
    pipelined,
    invoke: (event, options = {}) => {
      const id = options.id ?? `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`
      const body = Buffer.from(options.raw ?? JSON.stringify(event))
      const headers = {
        'Lambda-Runtime-Aws-Request-Id': id,
        'Lambda-Runtime-Deadline-Ms': String(options.deadlineMs ?? Date.now() + 3000),
        'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:us-east-1:000000000000:function:f',
        'Lambda-Runtime-Trace-Id':
          'Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0',
        'Content-Type': 'application/json',
        ...options.headers,
        ...(options.chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(body.length) }),
      }
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      const answered = new Promise<Answer>((resolve) => answers.set(id, resolve))
      const head = Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join('')}\r\n`)
      const bytes = Buffer.concat([head, options.chunked ? inChunks(body) : body])
      events.push({ bytes, slowly: options.slowly ?? false })
      send()
      return answered
    },
    close: () => {
      for (const socket of connections) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function inChunks(body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; at += 5) {
    const part = body.subarray(at, at + 5)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

async function trickle(socket: Socket, bytes: Buffer): Promise<void> {
  socket.setNoDelay(true)
  for (let at = 0; at < bytes.length; at += 7) {
    socket.write(bytes.subarray(at, at + 7))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/** The first whole request of `data`, and what follows it; `undefined` where it is not whole. */
function cutRequest(data: Buffer): { request: Request; rest: Buffer } | undefined {
  const end = data.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = data.toString('utf8', 0, end).split('\r\n')
  const [method = '', target = ''] = first.split(' ')
  const headers = headersOf(lines)
  const head = { method, path: target, headers }
  const after = data.subarray(end + 4)
  if (headers['transfer-encoding'] === 'chunked') return cutChunked(head, after)

  const length = Number(headers['content-length'] ?? 0)
  if (after.length < length) return undefined
  return { request: { ...head, body: after.subarray(0, length), trailers: {} }, rest: after.subarray(length) }
}

function cutChunked(
  head: Pick<Request, 'method' | 'path' | 'headers'>,
  data: Buffer,
): { request: Request; rest: Buffer } | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const end = data.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(data.toString('latin1', at, end), 16)
    if (size > 0) {
      if (data.length < end + size + 4) return undefined
      chunks.push(data.subarray(end + 2, end + 2 + size))
      at = end + size + 4
      continue
    }
    const close = data.indexOf('\r\n\r\n', end)
    if (close < 0) return undefined
    const trailers = headersOf(data.toString('utf8', end + 2, close).split('\r\n'))
    return { request: { ...head, body: Buffer.concat(chunks), trailers }, rest: data.subarray(close + 4) }
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const pairs = lines
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
  return Object.fromEntries(pairs)
}
