import { formatArn, parseArn } from '../../../aws/arn.ts'
import type { Scope } from '../function.ts'

/** Who may have signed the code of functions, and what becomes of code that they have not. */
export interface CodeSigningConfig extends Scope {
  /** `csc-` and 17 letters and digits. */
  readonly id: string
  /** ARNs of versions of signing profiles. */
  readonly publishers: readonly string[]
  readonly policy: 'Warn' | 'Enforce'
  readonly description: string
  /** Milliseconds since the epoch. */
  readonly lastModified: number
  readonly tags: Readonly<Record<string, string>>
}

export function codeSigningConfigArn({ accountId, region, id }: Scope & { readonly id: string }): string {
  return formatArn({ service: 'lambda', accountId, region, resource: `code-signing-config:${id}` })
}

/** The id in an ARN of this account and region; of any other, one that nothing has. */
export function idOfArn(arn: string, { accountId, region }: Scope): string {
  const parts = parseArn(arn)
  const isOurs = parts?.accountId === accountId && parts.region === region
  return (isOurs && /^code-signing-config:(csc-[a-z0-9]{17})$/.exec(parts.resource)?.[1]) || ''
}
