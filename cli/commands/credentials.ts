import { ExpectedError, parse } from '../arguments.ts'
import type { Command } from '../commands.ts'
import { endpointOf, readRootKey } from '../daemon.ts'

/** Prints shell lines that make every AWS client use this lambdad as its root. */
export const credentials: Command = async (args, variables) => {
  const { settings } = parse(args, variables)
  const key = await readRootKey(settings)
  if (key === undefined) {
    throw new ExpectedError(
      `there is no root key in ${settings.data} yet: it is made when lambdad first starts.`,
    )
  }
  process.stdout.write(
    [
      `export AWS_ACCESS_KEY_ID=${key.accessKeyId}`,
      `export AWS_SECRET_ACCESS_KEY=${key.secretAccessKey}`,
      `export AWS_DEFAULT_REGION=${settings.region}`,
      `export AWS_ENDPOINT_URL=${endpointOf(settings)}`,
      '',
    ].join('\n'),
  )
  return 0
}
