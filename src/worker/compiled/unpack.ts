import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { ByteReader } from '../../base/tar/bytes.ts'

/** Node's pass makes a file for each module. */
const FILES_MAX = 20_000

/** No folders, nothing hidden. */
const NAME = /^\w[\w.-]*$/

/**
 * Makes the files that a pass has told of: for each the length of its name in a byte, its name, its size in four bytes
 * (big-endian) and its bytes; then a zero. They are the daemon's own, read-only. Returns their size together. Throws
 * where it is not just that.
 */
export async function unpackCompiled(told: string, folder: string): Promise<number> {
  const bytes = new ByteReader(createReadStream(told))
  let total = 0
  try {
    for (let files = 0; ; files++) {
      const name = await nextName(bytes)
      if (name === '') break
      if (files === FILES_MAX) throw new Error('a pass made too many files')
      total += await makeFile(`${folder}/${name}`, bytes)
    }
    if ((await bytes.next(1)) !== undefined) throw new Error('a pass told more than its files')
    return total
  } finally {
    await bytes.close()
  }
}

async function nextName(bytes: ByteReader): Promise<string> {
  const length = (await bytes.take(1))?.[0]
  if (length === undefined) throw new Error('what a pass told is cut off')
  if (length === 0) return ''
  const name = (await bytes.take(length))?.toString('latin1') ?? ''
  if (!NAME.test(name)) throw new Error(`a pass made a file ${JSON.stringify(name)}`)
  return name
}

async function makeFile(path: string, bytes: ByteReader): Promise<number> {
  const size = (await bytes.take(4))?.readUInt32BE() ?? 0
  const file = await open(path, 'wx', 0o444)
  try {
    for await (const piece of bytes.stream(size)) await file.write(piece)
  } finally {
    await file.close()
  }
  return size
}
