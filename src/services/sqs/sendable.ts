/** API reference, "SendMessage": everything that XML takes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const UNSENDABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u

export const SENDABLE_CHARACTERS =
  'Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF'

export function isSendable(text: string): boolean {
  return !UNSENDABLE.test(text)
}
