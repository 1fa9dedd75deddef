import { ByteReader } from './bytes.ts'
import { TarError } from './error.ts'
import { BLOCK, type Header, readHeader, readPax } from './header.ts'

export interface TarEntry {
  /** As the archive spells it. */
  readonly name: string
  readonly kind: 'file' | 'folder' | 'symlink' | 'hardlink' | 'device'
  readonly mode: number
  readonly size: number
  readonly modifiedSeconds: number
  readonly link: string
  /** Where its bytes begin in the archive. */
  readonly offset: number
}

export interface TarItem {
  readonly entry: TarEntry
  /** The file's bytes. What is not read of them is passed over. */
  readonly body: AsyncIterable<Uint8Array>
}

/** Bytes of one extended header: names are 4 KB at most, and there are few other records. */
const EXTENDED_MAX = 1024 * 1024

const KINDS: Readonly<Record<string, TarEntry['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '5': 'folder',
  '6': 'device',
}

/**
 * The entries of an archive, in its order: ustar, pax and GNU's long names. One at a time: the body of the one
 * before is of no use any more. An archive without its two blocks of zeros ends where its bytes do.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarItem> {
  const bytes = new ByteReader(source)
  const extended = new Extended()
  try {
    for (;;) {
      const block = await bytes.take(BLOCK)
      const header = block && readHeader(block)
      if (header === undefined) return
      if (await extended.takes(header, bytes)) continue
      const entry = extended.entryOf(header, bytes.position)
      const end = bytes.position + padded(entry.kind === 'file' ? entry.size : 0)
      yield { entry, body: bytes.stream(entry.kind === 'file' ? entry.size : 0) }
      await bytes.skip(end - bytes.position)
    }
  } finally {
    await bytes.close()
  }
}

/** What headers before an entry say of it. */
class Extended {
  #next = new Map<string, string>()
  #all = new Map<string, string>()

  /** Whether the header was one of those, and has been read. */
  async takes(header: Header, bytes: ByteReader): Promise<boolean> {
    if (!'xgLK'.includes(header.type)) return false
    if (header.size > EXTENDED_MAX) throw new TarError('too-large', 'an extended header is too large')
    const data = (await bytes.take(header.size)) ?? Buffer.alloc(0)
    await bytes.skip(padded(header.size) - header.size)
    if (header.type === 'x') for (const [key, value] of readPax(data)) this.#next.set(key, value)
    if (header.type === 'g') for (const [key, value] of readPax(data)) this.#all.set(key, value)
    const name = data.toString('utf8').replace(/\0.*$/s, '')
    if (header.type === 'L') this.#next.set('path', name)
    if (header.type === 'K') this.#next.set('linkpath', name)
    return true
  }

  entryOf(header: Header, offset: number): TarEntry {
    const records = new Map([...this.#all, ...this.#next])
    this.#next = new Map()
    const name = records.get('path') ?? header.name
    const kind = KINDS[header.type]
    if (kind === undefined || [...records.keys()].some((key) => key.startsWith('GNU.sparse')))
      throw new TarError('unsupported', `an entry of type ${JSON.stringify(header.type)}, or a sparse file`, {
        entry: name,
      })
    const size = sizeOf(records.get('size')) ?? header.size
    return {
      name,
      // Archivers from before POSIX say folder by the last character.
      kind: kind === 'file' && name.endsWith('/') ? 'folder' : kind,
      mode: header.mode,
      size,
      modifiedSeconds: Number.parseInt(records.get('mtime') ?? '', 10) || header.modifiedSeconds,
      link: records.get('linkpath') ?? header.link,
      offset,
    }
  }
}

function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const size = Number(text)
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(size))
    throw new TarError('broken', 'an extended header has a size that is no number')
  return size
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}
