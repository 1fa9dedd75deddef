import { BLOCK } from './header.ts'

/** An entry as a hostile archiver may write it: nothing is checked. */
export interface RawTarEntry {
  readonly name: string
  readonly data?: string | Buffer
  /** '0' a file, '5' a folder, '2' a symbolic link, '1' a hard link, '3' a device, 'x' pax, 'L' a long name. */
  readonly type?: string
  readonly mode?: number
  readonly link?: string
  /** Declared, where it is not the data's own. */
  readonly size?: number
}

export function rawTar(entries: readonly RawTarEntry[], { end = true } = {}): Buffer {
  const blocks = entries.flatMap((entry) => {
    const data = Buffer.from(entry.data ?? '')
    return [header(entry, data.length), data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]
  })
  return Buffer.concat([...blocks, ...(end ? [Buffer.alloc(2 * BLOCK)] : [])])
}

/** One record of a pax header. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest) + 1
  while (String(length).length + Buffer.byteLength(rest) !== length) length++
  return `${length}${rest}`
}

function header(entry: RawTarEntry, size: number): Buffer {
  const { name, type = '0', mode = type === '5' ? 0o755 : 0o644, link = '' } = entry
  const block = Buffer.alloc(BLOCK)
  block.write(name, 0, 100)
  block.write(mode.toString(8).padStart(7, '0'), 100)
  block.write('0000000\x000000000', 108)
  writeSize(block, entry.size ?? size)
  block.write('00000001750', 136)
  block.write(type, 156)
  block.write(link, 157, 100)
  block.write('ustar\x0000', 257, 'latin1')
  block.write('        ', 148)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function writeSize(block: Buffer, size: number): void {
  if (size < 8 ** 11) block.write(size.toString(8).padStart(11, '0'), 124)
  else {
    block.writeUInt8(0x80, 124)
    block.writeBigUInt64BE(BigInt(size), 128)
  }
}
