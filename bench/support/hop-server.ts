// The least that an Invoke can be: node:http that hands what it is sent to one of some other Node processes, over a
// Unix socket, and answers with what comes back. Bodies are small enough to come in one piece.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

const PROCESSES = 4

interface Waiting {
  readonly body: Buffer
  readonly response: ServerResponse
}

const free: Socket[] = []
const waiting: Waiting[] = []

function offer(socket: Socket): void {
  const next = waiting.shift()
  if (next === undefined) free.push(socket)
  else hop(socket, next)
}

function hop(socket: Socket, { body, response }: Waiting): void {
  socket.once('data', (bytes) => {
    offer(socket)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
    response.end(bytes)
  })
  socket.write(body)
}

function serve(): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-bench-'))
  const socketPath = path.join(folder, 'hop')
  createServer(offer).listen(socketPath, () => {
    const children = Array.from({ length: PROCESSES }, () =>
      spawn(process.execPath, [import.meta.filename, socketPath], { stdio: 'inherit' }),
    )
    process.on('SIGTERM', () => {
      for (const child of children) child.kill()
      rmSync(folder, { recursive: true })
      process.exit()
    })
  })
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const one = { body: Buffer.concat(chunks), response }
      const socket = free.pop()
      if (socket === undefined) waiting.push(one)
      else hop(socket, one)
    })
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (typeof address === 'object') process.stdout.write(`http://127.0.0.1:${address?.port}\n`)
  })
}

const [, , socketPath] = process.argv
if (socketPath === undefined) serve()
else {
  const socket = connect(socketPath)
  socket.on('data', (bytes) => socket.write(bytes)).on('close', () => process.exit())
}
