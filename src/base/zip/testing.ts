import { crc32, deflateRawSync } from 'node:zlib'

/** An entry of an archive made by hand: right unless told otherwise. */
export interface RawEntry {
  readonly name: string | Buffer
  readonly data?: string | Buffer
  /** st_mode, type and all. */
  readonly mode?: number
  /** The system that "made" it: 3 for Unix, 0 for DOS. */
  readonly host?: number
  readonly deflate?: boolean
  readonly flags?: number
  readonly method?: number
  readonly declaredBytes?: number
  readonly crc?: number
}

/** A zip of exactly these entries, in this order, however wrong they are. */
export function rawZip(entries: readonly RawEntry[], options: { entryCount?: number } = {}): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const fields = fieldsOf(entry)
    const local = localHeader(fields)
    centrals.push(centralHeader(entry, fields, offset))
    locals.push(local, fields.stored)
    offset += local.length + fields.stored.length
  }
  const directory = Buffer.concat(centrals)
  return Buffer.concat([
    ...locals,
    directory,
    endRecord(options.entryCount ?? entries.length, directory, offset),
  ])
}

interface Fields {
  readonly name: Buffer
  readonly stored: Buffer
  readonly common: Buffer
}

/** The 26 bytes that both headers share, from "version needed" to the length of the extra field. */
function fieldsOf(entry: RawEntry): Fields {
  const name = Buffer.isBuffer(entry.name) ? entry.name : Buffer.from(entry.name)
  const data = Buffer.from(entry.data ?? '')
  const stored = entry.deflate ? deflateRawSync(data) : data
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt16LE(entry.flags ?? 0x800, 2)
  common.writeUInt16LE(entry.method ?? (entry.deflate ? 8 : 0), 4)
  common.writeUInt16LE((46 << 9) | (1 << 5) | 2, 8) // 2 January 2026, midnight
  common.writeUInt32LE(entry.crc ?? crc32(data), 10)
  common.writeUInt32LE(stored.length, 14)
  common.writeUInt32LE(entry.declaredBytes ?? data.length, 18)
  common.writeUInt16LE(name.length, 22)
  return { name, stored, common }
}

function localHeader({ name, common }: Fields): Buffer {
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name])
}

function centralHeader(entry: RawEntry, { name, common }: Fields, offset: number): Buffer {
  const before = Buffer.from('PK\x01\x02\x14\0', 'latin1')
  before.writeUInt8(entry.host ?? 3, 5)
  const after = Buffer.alloc(14)
  after.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6)
  after.writeUInt32LE(offset, 10)
  return Buffer.concat([before, common, after, name])
}

function endRecord(count: number, directory: Buffer, offset: number): Buffer {
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return end
}
