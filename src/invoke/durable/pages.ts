import { PAGE_BYTES_MAX, PAGE_ITEMS_MAX } from './limits.ts'
import type { Operation } from './operation.ts'
import type { ExecutionStore, OutlinedOperation } from './store.ts'

export interface OperationPage {
  readonly operations: readonly Operation[]
  /** Where the next page begins, where there is one. */
  readonly next: number | undefined
}

/**
 * What an invocation is told of what happened before: everything, but for what happened in a context that
 * has ended and does not want it replayed (facts: JS SDK's local server). At most `max` operations, and no
 * more than fit into an event.
 */
export async function readState(
  store: Pick<ExecutionStore, 'operations' | 'outline'>,
  executionId: string,
  { after, max = PAGE_ITEMS_MAX }: { readonly after?: number | undefined; readonly max?: number },
): Promise<OperationPage> {
  const hidden = hiddenIn(await store.outline(executionId))
  const operations: Operation[] = []
  let bytes = 0
  let last = after
  for (;;) {
    const found = await store.operations(executionId, { after: last, max: READ_AT_ONCE })
    for (const { place, item } of found) {
      if (!hidden.has(item.id)) {
        bytes += sizeOf(item)
        const isFull = operations.length >= max || bytes > PAGE_BYTES_MAX
        if (isFull && operations.length > 0) return { operations, next: last }
        operations.push(item)
      }
      last = place
    }
    if (found.length < READ_AT_ONCE) return { operations, next: undefined }
  }
}

/** So that a page of large payloads does not read many of them in vain. */
const READ_AT_ONCE = 100

function hiddenIn(outline: readonly OutlinedOperation[]): ReadonlySet<string> {
  const byId = new Map(outline.map((operation) => [operation.id, operation]))
  const known = new Map<string, boolean>()
  const isHidden = (id: string): boolean => {
    const before = known.get(id)
    if (before !== undefined) return before
    const parent = byId.get(byId.get(id)?.parentId ?? '')
    const answer = parent !== undefined && (hidesChildren(parent) || isHidden(parent.id))
    known.set(id, answer)
    return answer
  }
  return new Set(outline.filter(({ id }) => isHidden(id)).map(({ id }) => id))
}

function hidesChildren({ status, replayChildren }: OutlinedOperation): boolean {
  return (status === 'SUCCEEDED' || status === 'FAILED') && !replayChildren
}

function sizeOf({ input = '', result = '', error }: Operation): number {
  return (
    input.length + result.length + (error === undefined ? 0 : JSON.stringify(error).length) + OVERHEAD_BYTES
  )
}

/** Names, ids and times of one operation, about. */
const OVERHEAD_BYTES = 400
