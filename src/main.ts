import { realClock } from './base/clock.ts'
import { realRandom } from './base/random.ts'
import { effectiveAuth, type Settings } from './config.ts'
import { createLog } from './log.ts'
import type { PlacementCounts } from './placement/placement.ts'
import { buildRooms } from './rooms.ts'
import { openStores } from './store/stores.ts'
import { VERSION } from './version.ts'

/** A lambdad that runs. */
export interface Running {
  /** `http://127.0.0.1:4566` */
  readonly url: string
  /** One line for who started it: where it is, and what isolates its functions. */
  readonly announcement: string
  counts(): PlacementCounts
  /** Finishes what is under way, ends the environments, and closes the stores. */
  stop(): Promise<void>
}

/**
 * Starts lambdad: opens the stores, builds the rooms, and starts them in order; they stop in reverse.
 *
 * @throws StoreError where the data folder or the database cannot be had, and system errors such as
 *   EADDRINUSE where the port cannot.
 */
export async function start(settings: Settings): Promise<Running> {
  const begun = realClock.elapsed()
  const log = createLog(settings.logLevel)
  const base = { settings, log, clock: realClock, random: realRandom }
  const stores = await openStores(settings, { ...base, programVersion: VERSION, say: log.info })

  const started: { stop(): unknown }[] = [{ stop: () => stores.close() }]
  const stop = async () => {
    for (const part of started.splice(0).reverse()) await part.stop()
  }
  try {
    const rooms = await buildRooms({ ...base, stores })
    for (const part of rooms.inOrder) {
      started.push(part)
      await part.start()
    }
    const { port } = await rooms.gateway.listen(settings.host, settings.port)
    started.push(rooms.gateway)
    const url = `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`
    rooms.listening(url)
    const announcement = announce(settings, url, rooms.isolation(), realClock.elapsed() - begun)
    return { url, announcement, counts: () => rooms.counts(), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function announce(settings: Settings, url: string, isolation: string, ms: number): string {
  const kept = settings.memory
    ? 'nothing is kept'
    : `data in ${settings.database ? 'PostgreSQL and ' : ''}${settings.data}`
  const auth = effectiveAuth(settings) === 'strict' ? ' · signatures are verified' : ''
  return `lambdad ${VERSION} ready on ${url} in ${Math.round(ms)} ms · ${isolation} · ${kept}${auth}`
}
