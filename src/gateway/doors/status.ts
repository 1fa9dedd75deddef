import type { FrontDoor } from '../front-door.ts'
import { json } from './json.ts'

/** `GET /_lambdad/status`: what `lambdad status` prints. Holds nothing that is secret. */
export function statusDoor(facts: () => Promise<object>): FrontDoor {
  return {
    matches: ({ path }) => path === '/_lambdad/status',
    handle: async () => json(200, await facts()),
  }
}
