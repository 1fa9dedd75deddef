import type { Clock } from '../../base/clock.ts'
import type { Credentials } from '../environment/variables.ts'
import type { Refusal } from './answers.ts'
import type { Connection, Reply } from './connection.ts'
import type { RequestHead } from './request.ts'

/** Where functions with SnapStart get their credentials: those of a snapshot would be old. AWS's own path. */
export const CREDENTIALS_PATH = '/2021-04-23/credentials'

/** The SDKs ask again some minutes before this is over. */
const VALID_MS = 3_600_000

const FORBIDDEN: Refusal = {
  status: 403,
  errorType: 'AccessDenied',
  errorMessage: 'The authorization token is not valid.',
}

export interface CredentialsSource {
  readonly token: string
  readonly clock: Clock
  readonly current: () => Credentials | Promise<Credentials>
}

/** Answers in the form that the SDKs' container provider reads. */
export function answerCredentials(
  source: CredentialsSource,
  connection: Connection,
  head: RequestHead,
): Reply {
  if (head.method !== 'GET' || head.fields.get('authorization') !== source.token)
    return { refused: FORBIDDEN }
  Promise.resolve()
    .then(source.current)
    .then(
      ({ accessKeyId, secretAccessKey, sessionToken }) =>
        connection.deliverJson(
          JSON.stringify({
            AccessKeyId: accessKeyId,
            SecretAccessKey: secretAccessKey,
            Token: sessionToken,
            Expiration: new Date(source.clock.now() + VALID_MS).toISOString(),
          }),
        ),
      () => connection.destroy(),
    )
  return 'waiting'
}
