import { invalidParameter } from './errors.ts'
import { compileFilterPattern } from './filter-pattern/match.ts'
import { InvalidPattern } from './filter-pattern/scanner.ts'

/** Tells whether a message matches; any does where there is no pattern. Refuses what is no pattern. */
export function compiledPattern(pattern: string | undefined): (message: string) => boolean {
  try {
    return compileFilterPattern(pattern ?? '')
  } catch (error) {
    if (error instanceof InvalidPattern) throw invalidParameter(error.message)
    throw error
  }
}
