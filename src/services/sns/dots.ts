/** A name with a dot in it, as it may stand in a text of JSON. */
const DOTTED = /"[^"\\]*\.[^"]*"\s*:/

/**
 * JSON whose names have no dots: what `{"a.b": 1}` says becomes `{"a": {"b": 1}}`, since policies of the body take the one
 * for the other, as recorded on AWS.
 */
export function withoutDots(text: string): unknown {
  const parsed: unknown = JSON.parse(text)
  return DOTTED.test(text) ? nested(parsed) : parsed
}

function nested(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nested)
  if (!isObject(value)) return value
  return Object.entries(value)
    .map(([name, part]) =>
      name.split('.').reduceRight<unknown>((inner, one) => ({ [one]: inner }), nested(part)),
    )
    .reduce(merged, {})
}

/** Of two values for one name each counts. */
function merged(one: unknown, other: unknown): unknown {
  if (!isObject(one) || !isObject(other)) return [one, other].flat()
  const names = Object.keys({ ...one, ...other })
  return Object.fromEntries(
    names.map((name) => {
      if (!Object.hasOwn(one, name)) return [name, other[name]]
      return [name, Object.hasOwn(other, name) ? merged(one[name], other[name]) : one[name]]
    }),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
