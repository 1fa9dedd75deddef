/** Why a package is refused. A closed list: whoever answers a caller can give each its own words. */
export type ZipRefusal =
  | 'broken' // not a zip, cut off, sizes or checksums that do not fit
  | 'name-escapes' // an absolute name, a drive letter, or one that climbs out by `..`
  | 'name-invalid' // a name or a link that is empty, has a NUL, or is longer than Linux takes
  | 'link-escapes' // a symbolic link that leads out of the package
  | 'under-link' // an entry inside what another entry makes a link or a file
  | 'duplicate' // two entries of one name
  | 'too-large' // more bytes, unzipped, than the limit
  | 'too-many-entries'
  | 'encrypted'
  | 'unsupported-compression' // neither stored nor deflated
  | 'special-file' // a device, a socket, a named pipe

export class ZipError extends Error {
  readonly reason: ZipRefusal
  /** The entry at fault, where it is one; as the archive spells it. */
  readonly entry: string | undefined

  constructor(reason: ZipRefusal, message: string, options: { entry?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'ZipError'
    this.reason = reason
    this.entry = options.entry
  }
}
