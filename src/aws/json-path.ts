type Step = { readonly key: string } | { readonly index: number } | 'all'

/**
 * Reads the JSONPath of rules' targets and of pipes: dots, brackets, indices and `[*]` (Amazon EventBridge User
 * Guide, "Target input"). Undefined where the text is none.
 */
export function parseJsonPath(text: string): readonly Step[] | undefined {
  if (!text.startsWith('$')) return undefined
  const steps: Step[] = []
  let rest = text.slice(1)
  while (rest !== '') {
    const match = STEP.exec(rest)
    if (match === null) return undefined
    const [whole, dotted, quoted, index] = match
    const key = dotted ?? quoted
    if (key !== undefined) steps.push({ key })
    else steps.push(index === '*' ? 'all' : { index: Number(index) })
    rest = rest.slice(whole.length)
  }
  return steps
}

const STEP = /^(?:\.([^.[\]\s]+)|\[(?:'([^']*)'|(\d+|\*))\])/

/** What is there, or undefined. With `[*]`, an array of all that is. */
export function readPath(value: unknown, steps: readonly Step[]): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return value
  if (step === 'all') {
    if (!Array.isArray(value)) return undefined
    return value.map((one) => readPath(one, rest)).filter((one) => one !== undefined)
  }
  if ('index' in step) return Array.isArray(value) ? readPath(value[step.index], rest) : undefined
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, step.key)
  return isThere ? readPath(Reflect.get(value, step.key), rest) : undefined
}
