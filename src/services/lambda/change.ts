import type { LambdaDeps } from './deps.ts'
import { functionNotFound, revisionMismatch } from './errors.ts'
import { type FunctionKey, functionArn, LATEST, type StoredFunction, type StoredVersion } from './function.ts'
import type { FunctionEditor } from './store.ts'

/** A function that is there, within the transaction that changes it. */
export interface Editing {
  readonly fn: FunctionEditor
  readonly head: StoredFunction
  readonly latest: StoredVersion
}

/** Changes a function that exists; where it does not, `asked` is what the caller is told to be missing. */
export function changeFunction<Result>(
  { functions }: Pick<LambdaDeps, 'functions'>,
  key: FunctionKey,
  work: (editing: Editing) => Promise<Result>,
  asked: string = functionArn(key),
): Promise<Result> {
  return functions.change(key, async (fn) => {
    const latest = fn.head && (await fn.version(LATEST))
    if (fn.head === undefined || latest === undefined) throw functionNotFound(asked)
    return work({ fn, head: fn.head, latest })
  })
}

/** Refuses where the caller knows an older state than there is. */
export function checkRevision(
  current: { readonly revisionId: string },
  wanted: string | undefined,
  getter: Parameters<typeof revisionMismatch>[0] = 'GetFunction/GetAlias',
): void {
  if (wanted !== undefined && wanted !== current.revisionId) throw revisionMismatch(getter)
}

/** The revisions that run no more once `before` has become `after`, or is gone. */
export function retiredBy(before: StoredVersion, after?: StoredVersion): string[] {
  const revision = before.running?.revision
  return revision === undefined || revision === after?.running?.revision ? [] : [revision]
}
