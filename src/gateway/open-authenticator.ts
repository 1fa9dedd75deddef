import type { Authenticated, Authenticator, SignedRequest } from './authenticator.ts'
import { credentialScopeOf } from './credential-scope.ts'
import { regionOfHost } from './host.ts'

export interface OpenSettings {
  /** The account of access key ids that are none themselves. Default `000000000000`. */
  readonly defaultAccountId?: string
  /** The region of requests that are not signed for one. Default `us-east-1`. */
  readonly defaultRegion?: string
  /** Whom credentials stand for that lambdad itself has issued: a function's. */
  readonly callerOf?: (accessKeyId: string, sessionToken: string | undefined) => IssuedCaller | undefined
}

export interface IssuedCaller {
  readonly accountId: string
  readonly principalArn: string
}

/**
 * Believes everybody: for loopback only. An access key id of twelve digits is the account, and the region is
 * the one that the request was signed for, or that its Host names.
 */
export function openAuthenticator(settings: OpenSettings = {}): Authenticator {
  const { defaultAccountId = '000000000000', defaultRegion = 'us-east-1' } = settings
  const believed = (accessKeyId: string): IssuedCaller => {
    const accountId = /^\d{12}$/.test(accessKeyId) ? accessKeyId : defaultAccountId
    return { accountId, principalArn: `arn:aws:iam::${accountId}:root` }
  }
  return {
    authenticate(request: SignedRequest): Authenticated {
      const scope = credentialScopeOf(request.headers, request.search)
      const accessKeyId = scope?.accessKeyId ?? ''
      const region = scope?.region ?? regionOfHost(request.headers.host) ?? defaultRegion
      const issued = settings.callerOf?.(accessKeyId, sessionTokenOf(request))
      if (issued !== undefined) return { ...issued, region, accessKeyId }

      return { ...believed(accessKeyId), region, accessKeyId }
    },
    authenticateForm(fields) {
      const [fromCredential = '', , scoped] = (fields['x-amz-credential'] ?? '').split('/')
      // Version 2 of the signature, which boto3 makes where it is not told otherwise, names the key alone.
      const accessKeyId = fromCredential || (fields.awsaccesskeyid ?? '')
      const region = scoped ?? defaultRegion
      const issued = settings.callerOf?.(accessKeyId, fields['x-amz-security-token'])
      return { ...(issued ?? believed(accessKeyId)), region, accessKeyId }
    },
  }
}

/** In the headers, or in the query of a presigned URL. */
function sessionTokenOf({ headers, search }: SignedRequest): string | undefined {
  const inHeader = headers['x-amz-security-token']
  if (inHeader !== undefined || !search.includes('X-Amz-Security-Token=')) return inHeader
  return new URLSearchParams(search).get('X-Amz-Security-Token') ?? undefined
}
