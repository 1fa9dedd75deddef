// The least that takes a file over HTTP and gives it back: what S3's throughput is measured against.
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

const folder = await mkdtemp(path.join(tmpdir(), 'lambdad-bench-'))
const file = path.join(folder, 'file')

const server = createServer(async (request, response) => {
  if (request.method === 'PUT') {
    await pipeline(request, createWriteStream(file, { flush: true }))
    response.end()
  } else {
    await pipeline(createReadStream(file), response)
  }
})
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.on('SIGTERM', async () => {
  await rm(folder, { recursive: true, force: true })
  process.exit()
})
