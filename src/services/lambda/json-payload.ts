import { AwsError } from '../../aws/error.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Refuses an event that is no JSON. The event itself goes on as the bytes that came.
 *
 * @throws AwsError InvalidRequestContentException in the words of the JSON parser that AWS uses.
 */
export function assertJson(payload: Uint8Array): void {
  let text: string
  try {
    text = UTF8.decode(payload)
  } catch {
    throw notJson('Invalid UTF-8', 1, 1)
  }
  try {
    JSON.parse(text)
  } catch (error) {
    throw describe(text, error as SyntaxError)
  }
}

function describe(text: string, error: SyntaxError): AwsError {
  const stated = /at position (\d+)/.exec(error.message)?.[1]
  const at = stated === undefined ? positionOfToken(text, error) : Number(stated)
  const before = text.slice(0, at).split('\n')
  const line = before.length
  const column = (before.at(-1) ?? '').length + 1
  const character = text[at]
  if (character === undefined) return notJson('Unexpected end-of-input', line, column)
  const problem = `Unexpected character ('${character}' (code ${character.codePointAt(0)}))`
  return notJson(
    `${problem}: expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`,
    line,
    column,
  )
}

/** Where the engine names the token but not its place: it is the first that cannot begin or go on a value. */
function positionOfToken(text: string, error: SyntaxError): number {
  if (/end of JSON input/.test(error.message)) return text.length
  const token = /Unexpected token '(.)'/su.exec(error.message)?.[1]
  return token === undefined ? 0 : Math.max(0, text.indexOf(token))
}

function notJson(problem: string, line: number, column: number): AwsError {
  const source = 'REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)'
  return new AwsError(
    'InvalidRequestContentException',
    `Could not parse request body into json: Could not parse payload into json: ${problem}\n at [Source: ${source}; line: ${line}, column: ${column}]`,
    { status: 400, members: { Type: 'User' } },
  )
}
