// Both are base64 of JSON, which the API's patterns allow and nobody but us reads.

export interface CheckpointToken {
  readonly executionId: string
  /** The invocation's request id. */
  readonly invocationId: string
  readonly sequence: number
}

export function writeCheckpointToken({ executionId, invocationId, sequence }: CheckpointToken): string {
  return encode([executionId, invocationId, sequence])
}

export function readCheckpointToken(token: string): CheckpointToken | undefined {
  const [executionId, invocationId, sequence] = decode(token)
  return typeof executionId === 'string' && typeof invocationId === 'string' && typeof sequence === 'number'
    ? { executionId, invocationId, sequence }
    : undefined
}

export interface CallbackId {
  readonly executionId: string
  readonly operationId: string
}

/** `secret` makes it one that only those know who were given it. */
export function writeCallbackId({ executionId, operationId }: CallbackId, secret: string): string {
  return encode([executionId, operationId, secret])
}

export function readCallbackId(id: string): CallbackId | undefined {
  const [executionId, operationId] = decode(id)
  return typeof executionId === 'string' && typeof operationId === 'string'
    ? { executionId, operationId }
    : undefined
}

function encode(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64')
}

function decode(text: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64').toString())
    return Array.isArray(parts) ? parts : []
  } catch {
    return []
  }
}
