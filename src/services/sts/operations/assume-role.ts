import { parseArn } from '../../../aws/arn.ts'
import { mintSessionCredentials, sessionArn } from '../../../aws/session-credentials.ts'
import type { AssumableRole, StsDeps } from '../deps.ts'
import { notAuthorized, unsupported, validationError } from '../errors.ts'
import { madeUpRoleId, parseSessionArn } from '../identity.ts'
import type { StsOperation } from '../types.ts'

/** AWS's default, in seconds. */
const DURATION_DEFAULT = 3_600
/** The longest session that a session may begin ("role chaining"), and of a role that nobody made. */
const CHAINED_DURATION_MAX = 3_600
const OPEN_DURATION_MAX = 43_200

export const assumeRole: StsOperation<'AssumeRole'> = async (deps, input, call) => {
  refuseUnsupported(input)
  const { RoleArn = '', RoleSessionName: sessionName = '', DurationSeconds } = input
  const { accountId, roleName } = parseRoleArn(RoleArn)
  const role = await roleToAssume(deps, accountId, roleName, RoleArn)
  // Trust policies are not evaluated yet; until they are, no account reaches into another.
  if (role === undefined || (!deps.open && accountId !== call.accountId))
    throw notAuthorized(call.principalArn, 'sts:AssumeRole', RoleArn)

  const seconds = DurationSeconds ?? Math.min(DURATION_DEFAULT, role.maxSessionSeconds)
  if (parseSessionArn(call.principalArn) !== undefined && seconds > CHAINED_DURATION_MAX)
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  if (seconds > role.maxSessionSeconds)
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')

  // Whole seconds: that is how the answer tells it.
  const expiresAt = (Math.floor(deps.clock.now() / 1000) + seconds) * 1000
  const claims = { accountId, roleArn: role.arn, sessionName, expiresAt }
  const { accessKeyId, secretAccessKey, sessionToken } = mintSessionCredentials(
    deps.masterKey,
    claims,
    deps.random,
  )
  return {
    AssumedRoleUser: { AssumedRoleId: `${role.id}:${sessionName}`, Arn: sessionArn(claims) },
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAt),
    },
  }
}

type AssumeRoleInput = Parameters<typeof assumeRole>[1]

/** What narrows a session, or must be kept with it, and is not carried out yet. */
const UNSUPPORTED = [
  'Policy',
  'PolicyArns',
  'Tags',
  'TransitiveTagKeys',
  'ExternalId',
  'SerialNumber',
  'TokenCode',
  'SourceIdentity',
  'ProvidedContexts',
] as const satisfies readonly (keyof AssumeRoleInput)[]

function refuseUnsupported(input: AssumeRoleInput): void {
  for (const parameter of UNSUPPORTED) {
    const value = input[parameter]
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) throw unsupported(parameter)
  }
}

function parseRoleArn(text: string): { accountId: string; roleName: string } {
  const arn = parseArn(text)
  const roleName = text.slice(text.lastIndexOf('/') + 1)
  const isRole =
    arn?.service === 'iam' &&
    arn.region === '' &&
    /^role\/([\x21-\x7e]+\/)?[\w+=,.@-]{1,64}$/.test(arn.resource)
  if (!isRole || !/^\d{12}$/.test(arn.accountId)) throw validationError(`${text} is invalid`)
  return { accountId: arn.accountId, roleName }
}

/** The ARN must be that of the role, path and all. */
async function roleToAssume(
  { findRole, open }: StsDeps,
  accountId: string,
  roleName: string,
  arn: string,
): Promise<AssumableRole | undefined> {
  const role = await findRole(accountId, roleName)
  if (role?.arn === arn) return role
  if (role !== undefined || !open) return undefined
  return { id: madeUpRoleId(accountId, roleName), arn, maxSessionSeconds: OPEN_DURATION_MAX }
}
