import type { BoundOperation } from './operation.ts'
import type { WebAccess } from './web-access.ts'

export type ProtocolName = 'restJson1' | 'restXml' | 'awsJson1_0' | 'awsJson1_1' | 'awsQuery' | 'rpcv2Cbor'

/** An error by the names that it has in the JSON protocols and in Query. */
export interface MissingParameter {
  readonly code: string
  readonly queryCode: string
}

/** How a service's traffic is recognised and where its schemas are: everything that is not its behaviour. */
export interface ServiceDefinition {
  /** Our name, which is the SDK client package's: `cloudwatch-logs`. */
  readonly id: string
  /** The IAM action prefix, as in `logs:PutLogEvents`; names the service in errors. */
  readonly iamPrefix: string
  /** Imports the SDK client whose schemas drive the wire. Costs up to 75 ms: done when first called. */
  readonly loadClient: () => Promise<object>
  /** Smithy namespace of the service's shapes: `com.amazonaws.lambda`. */
  readonly namespace: string
  /** The first one answers what goes wrong before the protocol is known. */
  readonly protocols: readonly ProtocolName[]
  /** Service names in SigV4 credential scopes. */
  readonly signingNames: readonly string[]
  /** `X-Amz-Target` prefix, and the service name of rpcv2Cbor. */
  readonly targetPrefix?: string
  /** `Version` of awsQuery. */
  readonly queryVersion?: string
  /** In Query, the input's member that the request's URL stands for where the form has none. */
  readonly urlMember?: string
  readonly xmlNamespace?: string
  /** Sends `x-amzn-query-error` beside its JSON errors. */
  readonly queryCompatible?: boolean
  /** Narrows REST services that share a signing name. */
  readonly path?: RegExp
  /** Name of the file in data/constraints, without `.json`. */
  readonly constraints?: string
  /** The error that answers input which the model's constraints refuse; `ValidationException` where absent. */
  readonly validationError?: string
  /** What the constraints refuse is told without the values. */
  readonly hidesValues?: boolean
  /**
   * The error that answers a required parameter that is absent, where a service has one of its own for it. Absent
   * members further inside are then the operation's to refuse.
   */
  readonly missingParameter?: MissingParameter
  /** What answers names that are too long, by member, where a service has words of its own for it. */
  readonly tooLong?: Readonly<Record<string, string>>
}

/** A service as the gateway sees it: a definition, and those of its operations that we answer. */
export interface Service {
  readonly definition: ServiceDefinition
  /** Of a room that is loaded when first called, how to load it. */
  readonly operations: Operations | (() => Promise<Operations>)
  /** What it answers to web pages beside them; loaded with the operations. */
  readonly webAccess?: () => Promise<WebAccess>
}

export type Operations = Readonly<Record<string, BoundOperation>>
