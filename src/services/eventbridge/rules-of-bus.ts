import { parsePattern } from '../../aws/event-pattern/parse.ts'
import { EVENT_BUS, type Pattern } from '../../aws/event-pattern/pattern.ts'
import { RuleIndex } from '../../aws/event-pattern/rule-index.ts'
import type { Archive } from './archive.ts'
import { type BusAddress, busArn, DEFAULT_BUS } from './bus.ts'
import type { Rule } from './rule.ts'
import type { EventBridgeStore } from './store.ts'
import { busKey } from './topics.ts'

/** What looks at the events of a bus. */
export interface RulesOfBus {
  readonly rules: RuleIndex<Rule>
  readonly archives: RuleIndex<Archive>
}

/** Buses whose rules are in memory; the one unused for longest goes first. */
const BUSES_MAX = 200

/** The rules of each bus, compiled and kept until a change is heard of. */
export class BusCache {
  readonly #store: EventBridgeStore
  readonly #buses = new Map<string, Promise<RulesOfBus | undefined>>()

  constructor(store: EventBridgeStore) {
    this.#store = store
  }

  /** Undefined where there is no such bus. */
  find(address: BusAddress): Promise<RulesOfBus | undefined> {
    const key = busKey(address)
    const known = this.#buses.get(key) ?? this.#load(address)
    this.#buses.delete(key)
    this.#buses.set(key, known)
    known.catch(() => this.#forgetIf(key, known))
    const [oldest] = this.#buses.keys()
    if (this.#buses.size > BUSES_MAX && oldest !== undefined) this.#buses.delete(oldest)
    return known
  }

  forget(key: string | undefined): void {
    if (key === undefined) this.#buses.clear()
    else this.#buses.delete(key)
  }

  #forgetIf(key: string, loading: Promise<unknown>): void {
    if (this.#buses.get(key) === loading) this.#buses.delete(key)
  }

  async #load(address: BusAddress): Promise<RulesOfBus | undefined> {
    const { name } = address
    const isThere = name === DEFAULT_BUS || (await this.#store.find(address, 'bus', name)) !== undefined
    if (!isThere) return undefined
    const rules = await this.#store.list(address, 'rule', { bus: name })
    const archives = await this.#store.list(address, 'archive')
    const arn = busArn(address, name)
    return {
      rules: new RuleIndex(rules.filter(isActive).map((rule) => [rule, patternOf(rule.pattern)])),
      archives: new RuleIndex(
        archives.filter(({ sourceArn }) => sourceArn === arn).map((one) => [one, patternOf(one.pattern)]),
      ),
    }
  }
}

function isActive({ state, pattern, targets }: Rule): boolean {
  return state !== 'DISABLED' && pattern !== undefined && targets.length > 0
}

const EVERYTHING: Pattern = { fields: [], alternatives: [] }

function patternOf(text: string | undefined): Pattern {
  return text === undefined ? EVERYTHING : parsePattern(text, EVENT_BUS)
}
