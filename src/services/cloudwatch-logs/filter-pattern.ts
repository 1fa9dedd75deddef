import { invalidParameter } from './errors.ts'
import { compileFilterPattern } from './filter-pattern/match.ts'
import { parseFilterPattern } from './filter-pattern/parse.ts'
import type { FilterPattern } from './filter-pattern/pattern.ts'
import { InvalidPattern } from './filter-pattern/scanner.ts'

/** Tells whether a message matches; any does where there is no pattern. Refuses what is no pattern. */
export function compiledPattern(pattern: string | undefined): (message: string) => boolean {
  return inAwsWords(() => compileFilterPattern(pattern ?? ''))
}

/** The pattern, read. Refuses what is none. */
export function parsedPattern(pattern: string): FilterPattern {
  return inAwsWords(() => parseFilterPattern(pattern))
}

function inAwsWords<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (error instanceof InvalidPattern) throw invalidParameter(error.message)
    throw error
  }
}
