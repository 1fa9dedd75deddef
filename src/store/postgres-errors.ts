import { StoreError } from './errors.ts'

/** serialization_failure, deadlock_detected, lock_not_available (what lock_timeout ends with). */
const CONFLICTS = new Set(['40001', '40P01', '55P03'])

/** admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections; class 08 is added below. */
const CONNECTION_STATES = new Set(['57P01', '57P02', '57P03', '53300'])

const SOCKET_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** pg gives these no code. */
const LOST =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/

/** Another attempt at the same write may succeed at once. */
export function isConflict(error: unknown): boolean {
  return CONFLICTS.has(codeOf(error))
}

/** The server is not there, or the connection to it is not. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error)
  if (CONNECTION_STATES.has(code) || SOCKET_ERRORS.has(code) || /^08.{3}$/.test(code)) return true
  return error instanceof Error && LOST.test(error.message)
}

/** Says in our words what an operator can do something about; all else stays as PostgreSQL said it. */
export function explained(error: unknown, place: string): unknown {
  if (error instanceof StoreError) return error
  if (isConflict(error)) {
    return new StoreError('WriteConflict', 'other writers were faster, again and again', { cause: error })
  }
  if (isConnectionLoss(error)) {
    return new StoreError('DatabaseUnavailable', `${place} cannot be reached: ${messageOf(error)}`, {
      cause: error,
    })
  }
  if (codeOf(error) === '53100')
    return new StoreError('DiskFull', `the disk of ${place} is full`, { cause: error })
  if (codeOf(error) === '25006') {
    return new Error('Database.kysely is for reads: write with Database.write', { cause: error })
  }
  return error
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code ?? '')
}

/** Where a name has several addresses, Node's error has its texts inside. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
