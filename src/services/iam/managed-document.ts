import { limitExceeded } from './errors.ts'
import { MANAGED_POLICY_CHARACTERS_MAX } from './limits.ts'
import { checkPolicyDocument, documentLength } from './policy-document.ts'

export function checkManagedDocument(document: string): void {
  if (documentLength(document) > MANAGED_POLICY_CHARACTERS_MAX)
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${MANAGED_POLICY_CHARACTERS_MAX}`)
  checkPolicyDocument(document, 'managed')
}
