import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parse, UsageError } from '../arguments.ts'
import type { Command } from '../commands.ts'
import { clientConfig, explainedCall } from '../daemon.ts'

/** Prints the function's answer on stdout and, with --log, its log on stderr. Exit code 1: it failed. */
export const invoke: Command = async (args, variables) => {
  const { settings, options, positionals } = parse(args, variables, { log: 'flag', qualifier: 'text' })
  const [name, event = '{}'] = positionals
  if (name === undefined || positionals.length > 2)
    throw new UsageError('invoke takes a function and an event')

  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda')
  const client = new LambdaClient(await clientConfig(settings))
  const command = new InvokeCommand({
    FunctionName: name,
    Payload: Buffer.from(await eventOf(event)),
    LogType: options.log ? 'Tail' : 'None',
    ...(options.qualifier !== undefined && { Qualifier: String(options.qualifier) }),
  })
  const result = await client.send(command).catch((error: unknown) => {
    throw explainedCall(error, settings)
  })

  if (result.LogResult) process.stderr.write(Buffer.from(result.LogResult, 'base64'))
  process.stdout.write(`${Buffer.from(result.Payload ?? []).toString('utf8')}\n`)
  return result.FunctionError === undefined ? 0 : 1
}

/** The event itself, `@file`, or `-` for what comes on stdin. */
async function eventOf(argument: string): Promise<string> {
  if (argument === '-') return text(process.stdin)
  if (!argument.startsWith('@')) return argument
  return readFile(argument.slice(1), 'utf8').catch((error: Error) => {
    throw new UsageError(`cannot read the event: ${error.message}`)
  })
}
