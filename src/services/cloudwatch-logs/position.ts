/**
 * Where an event stands among all events of its group: by timestamp, then by when its block came, then by its
 * place in the block. Never changes, and no two events have the same.
 */
export interface Position {
  readonly timestamp: number
  readonly block: number
  /** -1 is the place before a block's first event. */
  readonly index: number
}

export function comparePositions(a: Position, b: Position): number {
  return a.timestamp - b.timestamp || a.block - b.block || a.index - b.index
}

// AWS's event ids are decimal numbers of 56 digits that grow with time; so are ours.
const TIMESTAMP_DIGITS = 14
const BLOCK_DIGITS = 24
const INDEX_DIGITS = 18

/** The position as 56 digits: an event id, and what tokens are made of. */
export function formatPosition({ timestamp, block, index }: Position): string {
  return (
    String(timestamp).padStart(TIMESTAMP_DIGITS, '0') +
    String(block).padStart(BLOCK_DIGITS, '0') +
    String(index + 1).padStart(INDEX_DIGITS, '0')
  )
}

/** Undefined where `text` is no position. */
export function parsePosition(text: string): Position | undefined {
  if (!/^\d{56}$/.test(text)) return undefined
  const timestamp = Number(text.slice(0, TIMESTAMP_DIGITS))
  const block = Number(text.slice(TIMESTAMP_DIGITS, TIMESTAMP_DIGITS + BLOCK_DIGITS))
  const index = Number(text.slice(TIMESTAMP_DIGITS + BLOCK_DIGITS)) - 1
  if (!Number.isSafeInteger(block) || !Number.isSafeInteger(index)) return undefined
  return { timestamp, block, index }
}
