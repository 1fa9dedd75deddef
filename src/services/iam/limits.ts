// IAM's quotas (IAM User Guide, "IAM and AWS STS quotas"). Documents are measured without their white space.

export const ROLES_MAX = 1_000
export const POLICIES_MAX = 1_500
export const ATTACHED_POLICIES_MAX = 10
export const POLICY_VERSIONS_MAX = 5
export const TAGS_MAX = 50
export const TRUST_POLICY_CHARACTERS_MAX = 2_048
export const MANAGED_POLICY_CHARACTERS_MAX = 6_144
/** Of all inline policies of a role together. */
export const INLINE_POLICY_CHARACTERS_MAX = 10_240
