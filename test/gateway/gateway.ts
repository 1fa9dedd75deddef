import type { TestContext } from 'node:test'
import type { Call } from '../../src/aws/operation.ts'
import type { Service } from '../../src/aws/service.ts'
import { realClock } from '../../src/base/clock.ts'
import { realRandom } from '../../src/base/random.ts'
import { createGateway, type GatewayOptions } from '../../src/gateway/gateway.ts'
import { openAuthenticator } from '../../src/gateway/open-authenticator.ts'
import { definitions, type ServiceId } from '../../src/services/definitions.ts'

type Operations = Partial<Record<ServiceId, Record<string, CannedOperation>>>
// biome-ignore lint/suspicious/noExplicitAny: canned operations look at inputs of every service
type CannedOperation = (input: any, call: Call) => unknown

/** A gateway on a free port with canned operations, stopped when the test ends. */
export async function gateway(t: TestContext, operations: Operations, options: Partial<GatewayOptions> = {}) {
  const faults: unknown[] = []
  const server = createGateway({
    services: servicesOf(operations),
    definitions: Object.values(definitions),
    authenticator: openAuthenticator(),
    frontDoors: [],
    random: realRandom,
    clock: realClock,
    reportFault: (error) => faults.push(error),
    ...options,
  })
  const { port } = await server.listen('127.0.0.1', 0)
  t.after(() => server.stop())
  const endpoint = `http://127.0.0.1:${port}`
  return {
    server,
    port,
    endpoint,
    faults,
    /** Configuration for an SDK client. */
    client: {
      endpoint,
      region: 'eu-west-1',
      credentials: { accessKeyId: '123456789012', secretAccessKey: 'secret' },
      maxAttempts: 1,
    },
  }
}

export function servicesOf(operations: Operations): Service[] {
  return Object.entries(operations).map(([id, canned]) => ({
    definition: definitions[id as ServiceId],
    operations: Object.fromEntries(
      Object.entries(canned).map(([name, run]) => [
        name,
        async (input: never, call: Call) => run(input, call),
      ]),
    ),
  }))
}
