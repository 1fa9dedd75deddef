/**
 * Which events of a batch a function says it could not handle (AWS Lambda Developer Guide, "Implementing partial
 * batch responses"; the odd cases as recorded from AWS). An answer that says nothing of failures is a success of
 * all; one that names them wrongly is a failure of all.
 */
export function failedIds(payload: Uint8Array, ids: ReadonlySet<string>): ReadonlySet<string> {
  const failures = itemFailures(payload)
  if (failures === undefined) return new Set()
  if (!Array.isArray(failures)) return ids
  const named = failures.map((failure: unknown) =>
    typeof failure === 'object' && failure !== null
      ? (failure as { itemIdentifier?: unknown }).itemIdentifier
      : undefined,
  )
  return named.every((id): id is string => typeof id === 'string' && ids.has(id)) ? new Set(named) : ids
}

function itemFailures(payload: Uint8Array): unknown {
  const answer = parse(payload)
  if (typeof answer !== 'object' || answer === null) return undefined
  return (answer as { batchItemFailures?: unknown }).batchItemFailures ?? undefined
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
