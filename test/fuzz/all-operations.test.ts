import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { NormalizedSchema } from '@smithy/core/schema'
import { AwsError } from '../../src/aws/error.ts'
import type { BoundOperation } from '../../src/aws/operation.ts'
import type { ProtocolName, ServiceDefinition } from '../../src/aws/service.ts'
import { realClock } from '../../src/base/clock.ts'
import { seededRandom } from '../../src/base/random.ts'
import { createGateway } from '../../src/gateway/gateway.ts'
import {
  loadServiceModel,
  type OperationModel,
  type ServiceModel,
} from '../../src/gateway/model/service-model.ts'
import { openAuthenticator } from '../../src/gateway/open-authenticator.ts'
import { definitions } from '../../src/services/definitions.ts'
import { type ClientModule, clientOf, type FuzzClient } from './client.ts'
import { carried, isKnown } from './known.ts'
import { type Draw, plain, seededDraw, valueFor } from './values.ts'

// Every operation of every service that is listed: random input through AWS's own client into the gateway,
// random output back, and every error that a model has. What the operation got must be what the client was
// given, and the other way round, but for what known.ts lists.

const ROUNDS = 4
const SEED = 7

for (const definition of Object.values(definitions) as ServiceDefinition[]) {
  for (const protocol of definition.protocols) {
    test(`every operation of ${definition.id} makes the round trip in ${protocol}`, async () => {
      const bench = await benchFor(definition, protocol)
      const differences: string[] = []
      for (const operation of bench.model.operations.values()) {
        for (let round = 0; round < ROUNDS; round++) differences.push(...(await roundTrip(bench, operation)))
      }
      for (const [name, schema] of bench.model.errors) {
        if (isOwnError(name, schema, bench)) differences.push(...(await errorTrip(bench, name, schema)))
      }
      bench.client.destroy()
      const unknown = differences.filter((difference) => !isKnown(definition.id, protocol, difference))
      assert.deepEqual(unknown, [])
    })
  }
}

interface Bench {
  readonly protocol: ProtocolName
  readonly module: ClientModule
  readonly model: ServiceModel
  readonly client: FuzzClient
  readonly draw: Draw
  /** What the gateway's operation got, and what it answers. */
  readonly exchange: { operation?: string; input?: unknown; answer: () => unknown }
}

async function benchFor(definition: ServiceDefinition, protocol: ProtocolName): Promise<Bench> {
  const model = await loadServiceModel(definition)
  const exchange: Bench['exchange'] = { answer: () => ({}) }
  const operations: Record<string, BoundOperation> = {}
  for (const operation of model.operations.keys()) {
    operations[operation] = async (input: never) => {
      exchange.operation = operation
      exchange.input = { ...(input as object) }
      return exchange.answer()
    }
  }
  // Random values satisfy no constraints: those have tests of their own.
  const { constraints: _, ...unconstrained } = definition
  const gateway = createGateway({
    services: [{ definition: unconstrained, operations }],
    definitions: [unconstrained],
    authenticator: openAuthenticator(),
    frontDoors: [],
    random: seededRandom('fuzz'),
    clock: realClock,
    reportFault: (error) => assert.fail(error as Error),
  })
  const module = (await definition.loadClient()) as ClientModule
  const client = clientOf(definition, module, gateway, protocol)
  return { protocol, module, model, client, draw: seededDraw(SEED), exchange }
}

async function roundTrip(bench: Bench, operation: OperationModel): Promise<string[]> {
  const { draw, exchange, module } = bench
  const input = (valueFor(operation.input.schema, 'input', draw) ?? {}) as Record<string, unknown>
  const { output, events } = outputFor(operation, draw)
  exchange.operation = undefined as never
  exchange.answer = () => output
  const Command = module[`${operation.name}Command`] as new (input: unknown) => unknown
  try {
    const expected = plain({ ...output, ...events })
    const result = await bench.client.send(new Command(structuredClone(input)))
    if (exchange.operation !== operation.name)
      return [`${operation.name} was routed to ${exchange.operation}`]
    const received = await withEvents(result, operation)
    return [
      ...differences(bench, `${operation.name} input`, plain(input), plain(exchange.input)),
      ...additions(`${operation.name} input`, plain(input), plain(exchange.input)),
      ...differences(bench, `${operation.name} output`, expected, plain(received)),
    ]
  } catch (error) {
    return [`${operation.name}: ${(error as Error).name}: ${(error as Error).message}`.slice(0, 400)]
  }
}

/** An output, whose stream of events has one of each kind. */
function outputFor(operation: OperationModel, draw: Draw) {
  const output = (valueFor(operation.output.schema, 'output', draw) ?? {}) as Record<string, unknown>
  const { eventStream } = operation.output
  if (eventStream === undefined) return { output, events: {} }
  const list = [...eventStream.schema.structIterator()]
    .filter(([, member]) => (member.getSchema() as unknown as number[])[0] === 3)
    .map(([name, member]) => ({ [name]: valueFor(member, 'output', draw) }))
  output[eventStream.name] = inTurn(list)
  return { output, events: { [eventStream.name]: list } }
}

async function* inTurn(events: object[]): AsyncGenerator<object> {
  for (const event of events) yield structuredClone(event)
}

async function withEvents(result: Record<string, unknown>, { output }: OperationModel): Promise<object> {
  if (output.eventStream === undefined) return result
  const { name } = output.eventStream
  return { ...result, [name]: await Array.fromAsync(result[name] as AsyncIterable<unknown>) }
}

/** The client's own base class of errors is in no model. */
function isOwnError(name: string, schema: NormalizedSchema, { module }: Bench): boolean {
  return module[name] !== undefined && schema.getName() === name && !isSynthetic(schema)
}

function isSynthetic(schema: NormalizedSchema): boolean {
  return schema.getName(true)?.startsWith('smithy.ts') ?? false
}

async function errorTrip(bench: Bench, name: string, schema: NormalizedSchema): Promise<string[]> {
  const { draw, exchange, module, model } = bench
  const probe = [...model.operations.values()][0] as OperationModel
  const members = withoutMessage(valueFor(schema, 'output', draw) as Record<string, unknown>)
  exchange.answer = () => {
    throw new AwsError(name, `message of ${name}`, { members })
  }
  const input = valueFor(probe.input.schema, 'input', draw) ?? {}
  const Command = module[`${probe.name}Command`] as new (input: unknown) => unknown
  try {
    await bench.client.send(new Command(input))
    return [`error ${name}: was not thrown`]
  } catch (caught) {
    const error = caught as Error
    if (error.name !== name) return [`error ${name}: came as ${error.name}: ${error.message}`.slice(0, 300)]
    const expected = plain({ ...members, message: `message of ${name}` })
    return differences(bench, `error ${name}`, expected, plain({ ...error, message: error.message }))
  }
}

function withoutMessage({ message, Message, ...members }: Record<string, unknown>): Record<string, unknown> {
  return members
}

function differences({ protocol }: Bench, what: string, sent: unknown, got: unknown): string[] {
  const [before, after] = [sent as Record<string, unknown>, got as Record<string, unknown>]
  return Object.keys(before)
    .filter((name) => before[name] !== 'stream' && after[name] !== 'stream')
    .filter((name) => !isSame(carried(protocol, before[name]), carried(protocol, after[name])))
    .map((name) => `${what} ${name}: sent ${show(before[name])} got ${show(after[name])}`)
}

/** Members that nobody sent; clients add tokens, lengths and checksums of their own. */
function additions(what: string, sent: unknown, got: unknown): string[] {
  const before = sent as Record<string, unknown>
  return Object.keys(got as object)
    .filter((name) => !(name in before) && !/^(Checksum|Content|ClientRequestId)|Token/i.test(name))
    .map((name) => `${what} ${name}: came though it was not sent`)
}

/** Maps with and without a prototype are the same here. */
function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(structuredClone(one), structuredClone(other))
}

function show(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: Number.POSITIVE_INFINITY }).slice(0, 160)
}
