import { isUtf8 } from 'node:buffer'
import { type Entry, getFileNameLowLevel } from 'yauzl'
import { ZipError } from './error.ts'

/** "Version made by": the systems whose archivers write `\` between folders and keep no Unix modes. */
const DOS_HOSTS = new Set([0, 10, 11, 14]) // FAT, NTFS as Windows and as PKZIP number it, VFAT

/** What ext4, xfs and APFS take in one name, and Linux in one path; longer ones would fail half-way. */
const NAME_BYTES_MAX = 255
const PATH_BYTES_MAX = 4000

export function isMadeOnDos(entry: Entry): boolean {
  return DOS_HOSTS.has(entry.versionMadeBy >> 8)
}

/** The name as its archiver meant it, separators and all. */
export function rawName(entry: Entry): string {
  const flags = entry.generalPurposeBitFlag
  const sayUtf8 = (flags & 0x800) !== 0
  // Unix archivers write the bytes of the file system, which are UTF-8 today, and often do not say so.
  if (!sayUtf8 && !isMadeOnDos(entry) && isUtf8(entry.fileNameRaw)) return entry.fileNameRaw.toString('utf8')
  return getFileNameLowLevel(flags, entry.fileNameRaw, entry.extraFields, true)
}

/**
 * The path of an entry inside the package: `a/b.js`, without `.` and empty parts; `''` for the package's own
 * folder. Backslashes separate folders where the archive was made on DOS or Windows, as Info-ZIP and Lambda
 * take them; elsewhere they are letters of a name.
 */
export function pathInPackage(name: string, madeOnDos: boolean): string {
  const given = madeOnDos ? name.replaceAll('\\', '/') : name
  if (given === '' || given.includes('\0')) throw refusal('name-invalid', name)
  if (given.startsWith('/') || /^[A-Za-z]:[\\/]/.test(given)) throw refusal('name-escapes', name)
  if (madeOnDos && /^[A-Za-z]:/.test(given)) throw refusal('name-escapes', name)

  const parts = given.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw refusal('name-escapes', name)
  const path = parts.join('/')
  const tooLong = parts.some((part) => Buffer.byteLength(part) > NAME_BYTES_MAX)
  if (tooLong || Buffer.byteLength(path) > PATH_BYTES_MAX) throw refusal('name-invalid', name)
  return path
}

function refusal(reason: 'name-invalid' | 'name-escapes', name: string): ZipError {
  const text = reason === 'name-escapes' ? 'leads out of the package' : 'is not a name for a file'
  return new ZipError(reason, `${JSON.stringify(name)} ${text}`, { entry: name })
}
