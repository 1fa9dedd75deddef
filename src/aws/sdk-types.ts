import type { Readable } from 'node:stream'

/**
 * Inputs and outputs of operations, inferred from an SDK client's own command classes, as the server sees
 * them: blobs arrive as Buffer, streams as Readable, and an operation may return any source of bytes where
 * the client would have received its stream mixin.
 *
 *     type CreateFunctionInput = Input<typeof import('@aws-sdk/client-lambda'), 'CreateFunction'>
 */
export type Input<Client, Name extends string> = `${Name}Command` extends keyof Client
  ? Received<CommandInput<Client[`${Name}Command`]>>
  : never

export type Output<Client, Name extends string> = `${Name}Command` extends keyof Client
  ? Sent<CommandOutput<Client[`${Name}Command`]>>
  : never

/** The names of a client's operations. */
export type OperationName<Client> = IsCommand<keyof Client & string>

type IsCommand<Key> = Key extends `${infer Name}Command` ? (Name extends '' | '$' ? never : Name) : never
type IsAny<T> = 0 extends 1 & T ? true : false

// Where no member is required the constructor's last overload is `new (...[input]: [] | [I])`.
type CommandInput<Command> = Command extends new (
  ...args: infer Args
) => unknown
  ? NonNullable<Extract<Args, [unknown?]>[0]>
  : never
type CommandOutput<Command> = Command extends abstract new (
  ...args: never[]
) => { resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: infer Out }> }
  ? Out
  : never

type Received<T> = { [Key in keyof T]: ReceivedMember<T[Key]> }
type ReceivedMember<V> =
  IsAny<V> extends true
    ? // biome-ignore lint/suspicious/noExplicitAny: a document type is any in the clients too
      any
    : // Blob inputs of the clients also take a Readable, so the test for ArrayBuffer comes first.
      [Extract<NonNullable<V>, ArrayBuffer>] extends [never]
      ? [Extract<NonNullable<V>, Readable>] extends [never]
        ? V
        : Readable | Extract<V, undefined>
      : Buffer | Extract<V, undefined>

type Sent<T> = { [Key in keyof Omit<T, '$metadata'>]: SentMember<T[Key & keyof T]> }
type SentMember<V> =
  IsAny<V> extends true
    ? // biome-ignore lint/suspicious/noExplicitAny: a document type is any in the clients too
      any
    : NonNullable<V> extends { transformToString(...args: never[]): unknown }
      ? Readable | Uint8Array | string | Extract<V, undefined>
      : V
