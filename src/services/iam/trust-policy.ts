import { limitExceeded } from './errors.ts'
import { TRUST_POLICY_CHARACTERS_MAX } from './limits.ts'
import { checkPolicyDocument, documentLength } from './policy-document.ts'

export function checkTrustPolicy(document: string): void {
  if (documentLength(document) > TRUST_POLICY_CHARACTERS_MAX)
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${TRUST_POLICY_CHARACTERS_MAX}`)
  checkPolicyDocument(document, 'trust')
}
