const UNRESERVED = /[A-Za-z0-9\-._~]/

/** Percent-encodes every byte that RFC 3986 does not call unreserved, with capital hex digits. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => hexOf(char.charCodeAt(0)))
}

/**
 * Brings text that is percent-encoded already, in whatever way, into the one form that is signed. It works on
 * bytes: keys and parameters need not be UTF-8. Node hands over a request line's raw bytes as Latin-1.
 */
export function reencode(encoded: string): string {
  if (/^[A-Za-z0-9\-._~]*$/.test(encoded)) return encoded
  return encoded.replace(/%([0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~]/g, (match, hex: string | undefined) => {
    if (hex === undefined) return hexOf(match.charCodeAt(0))
    const char = String.fromCharCode(Number.parseInt(hex, 16))
    return UNRESERVED.test(char) ? char : `%${hex.toUpperCase()}`
  })
}

function hexOf(code: number): string {
  if (code > 0xff) return encodeURIComponent(String.fromCharCode(code))
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`
}
