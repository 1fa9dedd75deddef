import type { Socket } from 'node:net'
import { AwsError } from '../aws/error.ts'
import type { Service, ServiceDefinition } from '../aws/service.ts'
import type { Clock } from '../base/clock.ts'
import type { Linger } from '../base/linger.ts'
import type { Random } from '../base/random.ts'
import { type AnswerDeps, answer } from './answer.ts'
import type { Authenticator } from './authenticator.ts'
import { BodyBudget } from './body/budget.ts'
import { ServiceDirectory } from './directory.ts'
import type { FrontDoor } from './front-door.ts'
import type { HttpRequest, HttpResponse } from './http.ts'
import { HttpServer } from './server/http-server.ts'
import { defaultServerSettings, type ServerSettings } from './server/settings.ts'

export interface GatewayOptions {
  /** What is answered: any other operation of the definitions gets an error that names it. */
  readonly services: readonly Service[]
  /** All services whose requests are recognised. */
  readonly definitions: readonly ServiceDefinition[]
  readonly authenticator: Authenticator
  /** Asked before any AWS API, in their order. */
  readonly frontDoors: readonly FrontDoor[]
  readonly random: Random
  readonly clock: Clock
  readonly settings?: Partial<ServerSettings>
  /** Keeps the event loop awake between a request and its answer where they come close upon one another. */
  readonly linger?: Linger
  /** Told of every failure that is not the caller's, before the caller gets an error without its text. */
  readonly reportFault: (error: unknown, requestId: string) => void
}

export interface Gateway {
  /** Port 0 takes a free one. Rejects with the system's error (`EADDRINUSE`). */
  listen(host: string, port: number): Promise<{ readonly host: string; readonly port: number }>
  /** Takes a connection that was accepted elsewhere: an environment's, from its own network. */
  accept(socket: Socket): void
  /** Takes no more requests; resolves when all connections are closed. */
  stop(): Promise<void>
  /** Answers without a network: for tests and measurements. */
  answer(request: HttpRequest): Promise<HttpResponse>
}

/** The way in: from HTTP to one operation of one service, or to a front door. */
export function createGateway(options: GatewayOptions): Gateway {
  const directory = new ServiceDirectory(options.definitions, options.services)
  const { authenticator, random, reportFault, frontDoors, clock, linger } = options
  const settings = { ...defaultServerSettings, ...options.settings }
  const budget = new BodyBudget(settings.bodyBytesMax)
  const deps: AnswerDeps = { directory, authenticator, budget, random, reportFault }
  const answerAny = (request: HttpRequest) => {
    const door = frontDoors.find((candidate) => candidate.matches(request))
    return door === undefined ? answer(deps, request) : answerDoor(door, request, deps)
  }
  const server = new HttpServer({ answer: answerAny, settings, clock, linger })
  return {
    async listen(host, port) {
      const address = await server.listen(host, port)
      return { host: address.address, port: address.port }
    },
    accept: (socket) => server.accept(socket),
    stop: () => server.stop(),
    answer: answerAny,
  }
}

async function answerDoor(door: FrontDoor, request: HttpRequest, deps: AnswerDeps): Promise<HttpResponse> {
  try {
    return await door.handle(request)
  } catch (error) {
    if (error instanceof AwsError) return jsonMessage(error.status ?? 400, error.message)
    deps.reportFault(error, deps.random.uuid())
    return jsonMessage(500, 'Internal failure')
  }
}

function jsonMessage(status: number, message: string): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) }
}
