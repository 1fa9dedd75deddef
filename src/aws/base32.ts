/** The letters and digits of access key ids and of IAM's unique ids. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Five bits a letter, without padding: 10 bytes make 16 letters. Bits that fill no letter are left out. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    for (; bits >= 5; bits -= 5) text += ALPHABET[(held >>> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return text
}

/** The bytes behind `text`, or undefined where it holds another character. */
export function fromBase32(text: string): Buffer | undefined {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const char of text) {
    const value = ALPHABET.indexOf(char)
    if (value < 0) return undefined
    held = (held << 5) | value
    bits += 5
    if (bits >= 8) bytes.push((held >>> (bits - 8)) & 255)
    if (bits >= 8) bits -= 8
    held &= (1 << bits) - 1
  }
  return Buffer.from(bytes)
}
