import { Readable } from 'node:stream'
import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols'
import { HttpResponse } from '@smithy/core/transport'
import type { ProtocolName, ServiceDefinition } from '../../src/aws/service.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import type { HttpRequest } from '../../src/gateway/http.ts'

interface ClientRequest {
  readonly method: string
  readonly path: string
  readonly query?: Record<string, string | string[] | null>
  readonly headers: Record<string, string>
  readonly body?: string | Uint8Array | Readable
}

export interface FuzzClient {
  send(command: unknown): Promise<Record<string, unknown>>
  destroy(): void
}

export type ClientModule = Record<string, new (input: unknown) => unknown>

const PROTOCOLS: Partial<Record<ProtocolName, unknown>> = {
  awsJson1_0: AwsJson1_0Protocol,
  awsQuery: AwsQueryProtocol,
  rpcv2Cbor: AwsSmithyRpcV2CborProtocol,
}

/** The service's own client, speaking to a gateway in this process, without a socket between them. */
export function clientOf(
  definition: ServiceDefinition,
  module: ClientModule,
  gateway: Gateway,
  protocol: ProtocolName,
): FuzzClient {
  const name = Object.keys(module).find((key) => key.endsWith('Client') && key !== '__Client')
  const Client = module[name ?? ''] as new (configuration: unknown) => FuzzClient
  return new Client({
    region: 'us-east-1',
    endpoint: 'http://localhost',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    logger: silence,
    disableHostPrefix: true,
    accountIdEndpointMode: 'disabled',
    forcePathStyle: true,
    useAwsChunkedEncoding: false,
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestChecksumCalculation: 'WHEN_REQUIRED',
    // SQS's client would compare MD5 sums of bodies that are random here.
    ...(definition.id === 'sqs' ? { md5: false } : {}),
    ...(definition.protocols.length > 1 ? { protocol: PROTOCOLS[protocol] } : {}),
    requestHandler: inProcess(gateway),
  })
}

const nothing = () => {}
const silence = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing }

function inProcess(gateway: Gateway) {
  return {
    metadata: { handlerProtocol: 'h1' },
    destroy: nothing,
    async handle(request: ClientRequest) {
      const { status, headers, body } = await gateway.answer(toHttpRequest(request))
      const stream = body instanceof Readable ? body : Readable.from([Buffer.from(body ?? '')])
      return { response: new HttpResponse({ statusCode: status, headers, body: stream }) }
    },
  }
}

function toHttpRequest({ method, path, query, headers, body = '' }: ClientRequest): HttpRequest {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of [value].flat()) parameters.append(name, each ?? '')
  }
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])
  return {
    method,
    path,
    search: parameters.toString(),
    query: parameters,
    headers: Object.fromEntries(named),
    body: body instanceof Readable ? body : Readable.from([bytesOf(body)]),
    signal: new AbortController().signal,
  }
}

/** The JSON protocol's bytes are of a class that turns into text where Buffer.from() sees it. */
function bytesOf(body: string | Uint8Array): Buffer {
  if (typeof body === 'string') return Buffer.from(body)
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}
