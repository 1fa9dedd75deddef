/** What a SigV4 request says of itself: `Credential=AKIA…/20261121/eu-west-1/lambda/aws4_request`. */
export interface CredentialScope {
  readonly accessKeyId: string
  /** `20261121` */
  readonly date: string
  readonly region: string
  readonly signingName: string
}

/** The scope from the `Authorization` header, or from a presigned URL's query; undefined where neither has one. */
export function credentialScopeOf(
  headers: Readonly<Record<string, string>>,
  query: URLSearchParams,
): CredentialScope | undefined {
  const header = headers.authorization
  const credential =
    header === undefined ? query.get('X-Amz-Credential') : /Credential=([^,\s]+)/.exec(header)?.[1]
  return credential ? parseCredential(credential) : undefined
}

/** Access key ids may hold slashes, the rest may not: it is read from the end. */
function parseCredential(credential: string): CredentialScope | undefined {
  const parts = credential.split('/')
  const [date, region, signingName, terminator] = parts.slice(-4)
  const accessKeyId = parts.slice(0, -4).join('/')
  if (!accessKeyId || !date || !region || !signingName || terminator !== 'aws4_request') return undefined
  return { accessKeyId, date, region, signingName }
}
