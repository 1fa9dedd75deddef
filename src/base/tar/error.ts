/** Why an archive is refused. A closed list: whoever answers a caller can give each its own words. */
export type TarRefusal =
  | 'broken' // not a tar, cut off, checksums that do not fit
  | 'name-escapes' // a name that climbs out by `..`
  | 'name-invalid' // a name or a link that is empty, has a NUL, or is longer than Linux takes
  | 'link-escapes' // a hard link to what is not in the tree
  | 'under-file' // an entry inside what is a file
  | 'too-large' // more bytes than the limit
  | 'too-many-entries'
  | 'unsupported' // sparse files, several volumes

export class TarError extends Error {
  readonly reason: TarRefusal
  /** The entry at fault, where it is one; as the archive spells it. */
  readonly entry: string | undefined

  constructor(reason: TarRefusal, message: string, options: { entry?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'TarError'
    this.reason = reason
    this.entry = options.entry
  }
}
