import { matches } from './match.ts'
import type { LeafField, Matcher, Pattern, Scalar } from './pattern.ts'

/**
 * Many patterns, of which few match: each hangs at one of its fields, so that an event looks only at those
 * whose field it has. Patterns without a field that says a value or how it begins are tried one by one.
 */
export class RuleIndex<Rule> {
  readonly #paths = new Map<string, PathIndex<Rule>>()
  readonly #others: Entry<Rule>[] = []

  constructor(rules: Iterable<readonly [Rule, Pattern]>) {
    const entries = [...rules].map(([rule, pattern]) => ({ rule, pattern }))
    const shared = countKeys(entries)
    for (const entry of entries) {
      const anchor = anchorOf(entry.pattern, shared)
      if (anchor === undefined) this.#others.push(entry)
      else this.#indexOf(anchor.path).add(anchor, entry)
    }
  }

  /** The rules that match, each once, in no order. */
  find(event: unknown): Rule[] {
    const found = new Set<Rule>()
    for (const entry of this.#candidates(event)) {
      if (!found.has(entry.rule) && matches(entry.pattern, event)) found.add(entry.rule)
    }
    return [...found]
  }

  *#candidates(event: unknown): Iterable<Entry<Rule>> {
    yield* this.#others
    for (const index of this.#paths.values()) {
      for (const value of leavesAt(event, index.path)) yield* index.at(value)
    }
  }

  #indexOf(path: readonly string[]): PathIndex<Rule> {
    const name = JSON.stringify(path)
    const known = this.#paths.get(name) ?? new PathIndex<Rule>(path)
    this.#paths.set(name, known)
    return known
  }
}

interface Entry<Rule> {
  readonly rule: Rule
  readonly pattern: Pattern
}

type Anchor = LeafField
type AnchorMatcher = Extract<Matcher, { kind: 'exact' | 'prefix' }>

/** The entries whose anchor is one path: by whole values, and by beginnings of one length after the other. */
class PathIndex<Rule> {
  readonly path: readonly string[]
  readonly #exact = new Map<Scalar, Entry<Rule>[]>()
  readonly #prefixes = new Map<number, Map<string, Entry<Rule>[]>>()

  constructor(path: readonly string[]) {
    this.path = path
  }

  add({ anyOf }: Anchor, entry: Entry<Rule>): void {
    for (const matcher of anyOf as readonly AnchorMatcher[]) {
      if (matcher.kind === 'exact') append(this.#exact, matcher.value, entry)
      else this.#addPrefix(matcher.text, entry)
    }
  }

  *at(value: Scalar): Iterable<Entry<Rule>> {
    yield* this.#exact.get(value) ?? []
    if (typeof value !== 'string') return
    for (const [length, prefixes] of this.#prefixes) yield* prefixes.get(value.slice(0, length)) ?? []
  }

  #addPrefix(text: string, entry: Entry<Rule>): void {
    const ofLength = this.#prefixes.get(text.length) ?? new Map<string, Entry<Rule>[]>()
    this.#prefixes.set(text.length, ofLength)
    append(ofLength, text, entry)
  }
}

function append<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}

/** How many patterns ask for the same value of the same field: a field that many share tells little. */
function countKeys(entries: readonly Entry<unknown>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { pattern } of entries) {
    for (const field of anchorsOf(pattern)) {
      for (const key of keysOf(field)) counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return counts
}

function anchorOf(pattern: Pattern, shared: ReadonlyMap<string, number>): Anchor | undefined {
  let best: { readonly field: Anchor; readonly crowd: number } | undefined
  for (const field of anchorsOf(pattern)) {
    const crowd = keysOf(field).reduce((sum, key) => sum + (shared.get(key) ?? 0), 0)
    if (best === undefined || crowd < best.crowd) best = { field, crowd }
  }
  return best?.field
}

/** Fields that must be there in whatever matches: none below `$or`. */
function* anchorsOf({ fields }: Pattern): Iterable<Anchor> {
  for (const field of fields) {
    if ('pattern' in field) yield* anchorsOf(field.pattern)
    else if (field.anyOf.every(({ kind }) => kind === 'exact' || kind === 'prefix')) yield field
  }
}

function keysOf({ path, anyOf }: Anchor): string[] {
  return anyOf.map((matcher) => JSON.stringify([path, matcher]))
}

/** The values at a path, in whatever elements of the arrays on the way. */
function* leavesAt(value: unknown, path: readonly string[], depth = 0): Iterable<Scalar> {
  if (Array.isArray(value)) for (const element of value) yield* leavesAt(element, path, depth)
  else if (typeof value !== 'object' || value === null) {
    if (depth === path.length && value !== undefined) yield value as Scalar
  } else {
    const name = path[depth]
    if (name !== undefined && Object.hasOwn(value, name)) {
      yield* leavesAt(Reflect.get(value, name), path, depth + 1)
    }
  }
}
