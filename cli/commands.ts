/** Does what the command says; resolves with an exit code where it is not 0. */
export type Command = (
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
) => Promise<number | undefined>

interface Entry {
  readonly synopsis: string
  readonly help: string
  /** Loaded when called: `start` should not wait for what `logs` needs. */
  readonly load: () => Promise<Command>
}

/** All commands, in the order in which help lists them. */
export const commands = {
  start: {
    synopsis: 'start [settings]',
    help: 'Runs lambdad until it is stopped with Ctrl-C or SIGTERM.',
    load: async () => (await import('./commands/start.ts')).start,
  },
  status: {
    synopsis: 'status',
    help: 'Says whether lambdad runs, where, and what isolates its functions.',
    load: async () => (await import('./commands/status.ts')).status,
  },
  invoke: {
    synopsis: 'invoke FUNCTION [EVENT] [--log]',
    help: 'Invokes a function with a JSON event (text, @file or - for stdin) and prints its answer.',
    load: async () => (await import('./commands/invoke.ts')).invoke,
  },
  logs: {
    synopsis: 'logs FUNCTION [--follow] [--since 10m] [--filter PATTERN]',
    help: 'Prints what a function and the platform have logged.',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  runtimes: {
    synopsis: 'runtimes',
    help: 'Lists the Lambda runtimes and which binary of this machine runs each.',
    load: async () => (await import('./commands/runtimes.ts')).runtimes,
  },
  sign: {
    synopsis: 'sign ZIP --profile ARN --key FILE',
    help: 'Signs a deployment package in place, for functions with a code signing configuration.',
    load: async () => (await import('./commands/sign.ts')).sign,
  },
  credentials: {
    synopsis: 'credentials',
    help: 'Prints the root access key as environment variables for AWS clients.',
    load: async () => (await import('./commands/credentials.ts')).credentials,
  },
  reset: {
    synopsis: 'reset --yes',
    help: 'Deletes everything in the data folder. lambdad must not be running on it.',
    load: async () => (await import('./commands/reset.ts')).reset,
  },
  version: {
    synopsis: 'version',
    help: 'Prints the version.',
    load: async () => (await import('./commands/version.ts')).version,
  },
} as const satisfies Record<string, Entry>

export type CommandName = keyof typeof commands

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name)
}
