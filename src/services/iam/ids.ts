import { base32 } from '../../aws/base32.ts'
import type { Random } from '../../base/random.ts'

/** `AROA` and 17 letters for a role, `ANPA` for a managed policy (IAM User Guide, "IAM identifiers"). */
export function uniqueId(prefix: 'AROA' | 'ANPA' | 'AKIA', random: Pick<Random, 'bytes'>): string {
  // 17 letters are 85 bits; access key ids are one letter shorter.
  return prefix + base32(random.bytes(11)).slice(0, prefix === 'AKIA' ? 16 : 17)
}
