import type { FrontDoor } from '../front-door.ts'
import { json } from './json.ts'

export interface HealthFacts {
  readonly version: string
  /** Ids of the services that are answered. */
  readonly services: readonly string[]
}

/**
 * `GET /_lambdad/health`: 200 once lambdad is ready. `/_localstack/health` says it in the words that existing
 * wait scripts look for.
 */
export function healthDoor({ version, services }: HealthFacts): FrontDoor {
  const running = Object.fromEntries(services.map((id) => [id, 'running']))
  const answers: Readonly<Record<string, object>> = {
    '/_lambdad/health': { status: 'ready', version },
    '/_localstack/health': { services: running, edition: 'lambdad', version },
  }
  return {
    matches: ({ path }) => Object.hasOwn(answers, path),
    handle: ({ path }) => json(200, answers[path]),
  }
}
