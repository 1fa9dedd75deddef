import { malformedPolicy, syntaxErrors } from './errors.ts'

export type Statement = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One text, or a list of them; anything else is no policy. */
export function strings(value: unknown): string[] {
  if (value === undefined) return []
  const list = Array.isArray(value) ? value : [value]
  if (!list.every((item) => typeof item === 'string')) throw syntaxErrors()
  return list
}

export function checkSids(statements: readonly Statement[]): void {
  const sids = statements.map(({ Sid }) => Sid).filter((sid) => typeof sid === 'string')
  if (!sids.every((sid) => /^[0-9A-Za-z]*$/.test(sid)))
    throw malformedPolicy(
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    )
  const named = sids.filter((sid) => sid !== '')
  if (new Set(named).size < named.length)
    throw malformedPolicy('Statement IDs (SID) in a single policy must be unique.')
}
