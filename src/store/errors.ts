/** What a store may answer beside defects of its callers; the message says what to do about it. */
export type StoreErrorCode =
  /** Another lambdad has the data folder, or another program writes to its database. */
  | 'DatabaseLocked'
  /** The data was written by a newer lambdad. */
  | 'DatabaseNewer'
  /** The database cannot be reached, or is going down. Nothing was written. */
  | 'DatabaseUnavailable'
  /** The file is no database, or is damaged. */
  | 'DatabaseDamaged'
  | 'DiskFull'
  /** The folder cannot be made, read or written. */
  | 'FolderNotWritable'
  /** More writes or reads wait than the store holds. Nothing was written; later it may be. */
  | 'StoreBusy'
  /** Other writers were faster, again and again. Nothing was written. */
  | 'WriteConflict'
  /** One write took too long and was undone. */
  | 'WriteTooSlow'
  /** The connection was lost while the commit was under way: it may have been written, or not. */
  | 'CommitUncertain'
  | 'BlobTooLarge'
  | 'BlobNotFound'
  /** A setting of the store makes no sense. */
  | 'BadSetting'

export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type Constraint = 'unique' | 'foreign-key' | 'not-null' | 'check'

/** Extended result codes (sqlite.org/rescode.html) and SQLSTATEs (PostgreSQL, appendix A). */
const CONSTRAINTS: Readonly<Record<string, Constraint>> = {
  1555: 'unique', // SQLITE_CONSTRAINT_PRIMARYKEY
  2067: 'unique', // SQLITE_CONSTRAINT_UNIQUE
  787: 'foreign-key',
  1299: 'not-null',
  275: 'check',
  23505: 'unique',
  23503: 'foreign-key',
  23502: 'not-null',
  23514: 'check',
}

/** Which constraint a statement ran into, on either database; `undefined` where the error is another one. */
export function violatedConstraint(error: unknown): Constraint | undefined {
  if (!(error instanceof Error)) return undefined
  const { errcode, code } = error as { errcode?: number; code?: string }
  return CONSTRAINTS[String(errcode ?? code)]
}
