/** Whether a difference is one that the wire cannot help. */
export function isKnown(_service: string, _protocol: string, _difference: string): boolean {
  return false
}
