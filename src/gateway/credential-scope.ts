/** What a SigV4 request says of itself: `Credential=AKIA…/20261121/eu-west-1/lambda/aws4_request`. */
export interface CredentialScope {
  readonly accessKeyId: string
  /** `20261121` */
  readonly date: string
  readonly region: string
  readonly signingName: string
}

/** Asked for twice of each request, and by clients that do not sign each time in the same words. */
let last: { readonly header: string; readonly scope: CredentialScope | undefined } | undefined

/** The scope from the `Authorization` header, or from a presigned URL's query; undefined where neither has one. */
export function credentialScopeOf(
  headers: Readonly<Record<string, string>>,
  search: string,
): CredentialScope | undefined {
  const header = headers.authorization
  if (header === undefined) {
    const inQuery =
      search.includes('X-Amz-Credential=') && new URLSearchParams(search).get('X-Amz-Credential')
    return inQuery ? parseCredential(inQuery) : undefined
  }
  if (header === last?.header) return last.scope
  const credential = /Credential=([^,\s]+)/.exec(header)?.[1]
  last = { header, scope: credential ? parseCredential(credential) : undefined }
  return last.scope
}

/** Access key ids may hold slashes, the rest may not: it is read from the end. */
function parseCredential(credential: string): CredentialScope | undefined {
  const parts = credential.split('/')
  const [date, region, signingName, terminator] = parts.slice(-4)
  const accessKeyId = parts.slice(0, -4).join('/')
  if (!accessKeyId || !date || !region || !signingName || terminator !== 'aws4_request') return undefined
  return { accessKeyId, date, region, signingName }
}
