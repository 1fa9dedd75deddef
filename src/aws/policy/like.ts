/** `*` stands for any text, `?` for one character. Takes at most the product of both lengths: policies come from callers. */
export function isLike(pattern: string, text: string): boolean {
  let [at, place, star, retry] = [0, 0, -1, 0]
  while (place < text.length) {
    if (pattern[at] === '*') [star, retry] = [at++, place]
    else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[place]))
      [at, place] = [at + 1, place + 1]
    else if (star >= 0) [at, place] = [star + 1, ++retry]
    else return false
  }
  return /^\**$/.test(pattern.slice(at))
}

/** Wildcards in each of an ARN's six parts by itself. */
export function isLikeArn(pattern: string, arn: string): boolean {
  const [patterns, parts] = [partsOf(pattern), partsOf(arn)]
  return patterns.length === parts.length && patterns.every((one, index) => isLike(one, parts[index] ?? ''))
}

function partsOf(arn: string): string[] {
  const parts = arn.split(':')
  return [...parts.slice(0, 5), parts.slice(5).join(':')]
}
