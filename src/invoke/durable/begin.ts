import { createHash } from 'node:crypto'
import { Draft } from './draft.ts'
import type { Execution } from './execution.ts'

/** What is known of an execution when it begins. */
export type NewExecution = Omit<
  Execution,
  'status' | 'startedAt' | 'endedAt' | 'inputSha256' | 'progress' | 'input'
> & { readonly input?: string | undefined }

/** The execution with its one operation that is always there, which carries its event. */
export function beginExecution({ input, ...wanted }: NewExecution, now: number): Draft {
  const draft = Draft.begin({
    ...wanted,
    status: 'RUNNING',
    startedAt: now,
    inputSha256: sha256(input ?? ''),
    progress: {
      changes: 0,
      seen: 0,
      events: 0,
      operations: 1,
      bytes: Buffer.byteLength(input ?? ''),
      isWanted: true,
      failures: 0,
      throttles: 0,
    },
  })
  draft.put({
    id: wanted.id,
    name: wanted.name,
    type: 'EXECUTION',
    status: 'STARTED',
    startedAt: now,
    ...(input !== undefined && { input }),
  })
  draft.addEvent('ExecutionStarted', now, { Input: input, ExecutionTimeout: wanted.timeoutSeconds })
  draft.advance({ seen: draft.progress.changes })
  return draft
}

/** Whether a second start under the same name asks for the same. */
export function isSameStart(existing: Execution, asked: NewExecution): boolean {
  return existing.version === asked.version && existing.inputSha256 === sha256(asked.input ?? '')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
