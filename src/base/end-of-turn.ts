let waiting: (() => void)[] = []

/**
 * Calls `run` when this turn of the event loop has read all that was there to read, after those that asked
 * before. They share one callback of the loop: between two of its own it looks for ticks and promises each time.
 */
export function atEndOfTurn(run: () => void): void {
  if (waiting.push(run) === 1) setImmediate(runAll)
}

function runAll(): void {
  const runs = waiting
  waiting = []
  let done = 0
  try {
    while (done < runs.length) (runs[done++] as () => void)()
  } finally {
    // One threw: the others are not to suffer for it.
    for (const run of runs.slice(done)) atEndOfTurn(run)
  }
}
