export const ONE_MECHANISM =
  'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified'

/** AWS verifies Signature Version 4A; we do not, and say so. */
export function hint(algorithm: string): string {
  return algorithm.startsWith('AWS4-ECDSA')
    ? ' Signature Version 4A is not supported: sign with AWS4-HMAC-SHA256.'
    : ''
}
