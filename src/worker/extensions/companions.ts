import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { FunctionVersion } from '../../wire/function-version.ts'
import type { Untimed } from '../environment/reports.ts'
import type { Body } from '../runtime-api/body.ts'
import type { Connection, Reply } from '../runtime-api/connection.ts'
import type { RequestHead } from '../runtime-api/request.ts'
import type { Reach } from '../telemetry-api/reach.ts'
import { Subscriptions } from '../telemetry-api/subscriptions.ts'
import { Extensions, type ExtensionsParts } from './extensions.ts'
import { route } from './routes.ts'

export interface CompanionsParts extends ExtensionsParts {
  readonly fn: FunctionVersion
  readonly clock: Clock
  readonly random: Random
  /** Where what listens in the environment is found. */
  readonly reach: Reach
  readonly tell: (event: Untimed) => void
}

/** What runs beside a runtime, and what of the environment it listens to. */
export class Companions {
  readonly extensions: Extensions
  readonly subscriptions: Subscriptions
  readonly #fn: FunctionVersion

  /** `closed`: the runtime asked for its first event already, so that nobody can join it any more. */
  constructor(parts: CompanionsParts, { closed }: { readonly closed: boolean }) {
    const { fn, clock, tell } = parts
    this.#fn = fn
    this.extensions = new Extensions(parts, { closed })
    this.subscriptions = new Subscriptions({
      clock,
      reach: parts.reach,
      isJson: fn.logging.format === 'JSON',
      onSubscribed: (api, name, types) => {
        const type = api === 'Telemetry' ? 'platform.telemetrySubscription' : 'platform.logsSubscription'
        tell({ type, record: { name, state: 'Subscribed', types } })
      },
      onDropped: (record) => tell({ type: 'platform.logsDropped', record }),
    })
    if (closed) this.subscriptions.close()
  }

  /** A call of the Extensions API or the Telemetry API. */
  answer(connection: Connection, head: RequestHead, body: Body): Reply {
    const { extensions, subscriptions } = this
    return route({ fn: this.#fn, extensions, subscriptions }, connection, head, body)
  }
}
