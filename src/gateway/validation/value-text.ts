/** A refused value could be megabytes; the message that names it need not be. */
const CHARACTERS_MAX = 4096

/** A value as AWS's messages show it, which is as Java prints it: `'[x86_64, arm64]'`, `'{a=b}'`. */
export function valueText(value: unknown): string {
  const text = print(value)
  return text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX)}…` : text
}

function print(value: unknown): string {
  if (Array.isArray(value)) return `[${printAll(value.map(print))}]`
  if (value instanceof Date) return value.toUTCString()
  if (value instanceof Uint8Array) {
    return `java.nio.HeapByteBuffer[pos=0 lim=${value.byteLength} cap=${value.byteLength}]`
  }
  if (typeof value === 'object' && value !== null && !(value instanceof String)) {
    return `{${printAll(Object.entries(value).map(([key, entry]) => `${key}=${print(entry)}`))}}`
  }
  return String(value)
}

function printAll(parts: string[]): string {
  return parts.join(', ')
}
