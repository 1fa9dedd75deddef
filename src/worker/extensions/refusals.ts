import type { Refusal } from '../runtime-api/answers.ts'
import { EXTENSIONS_MAX } from './external.ts'
import { type ExtensionState, STATE_NAMES } from './states.ts'

// Types and texts are those of AWS's own server (aws-lambda-runtime-interface-emulator).

export const EMPTY_NAME = forbidden('Extension.InvalidExtensionName', 'Empty extension name')
export const MISSING_IDENTIFIER = forbidden(
  'Extension.MissingExtensionIdentifier',
  'Missing Lambda-Extension-Identifier header',
)
export const INVALID_IDENTIFIER = forbidden(
  'Extension.InvalidExtensionIdentifier',
  'Invalid Lambda-Extension-Identifier',
)
export const REGISTRATION_CLOSED = forbidden(
  'Extension.RegistrationClosed',
  'Extension registration closed already',
)
export const NAME_TAKEN = forbidden(
  'Extension.InvalidExtensionState',
  'Extension with this name already registered',
)
export const TOO_MANY = forbidden(
  'Extension.TooManyExtensions',
  `Extension limit (${EXTENSIONS_MAX}) reached`,
)
export const MISSING_ERROR_TYPE = forbidden(
  'Extension.MissingHeader',
  'Lambda-Extension-Function-Error-Type not found',
)

export function unknownIdentifier(id: string): Refusal {
  return forbidden('Extension.UnknownExtensionIdentifier', `Unknown extension ${id}`)
}

export function invalidEvent(event: string): Refusal {
  return forbidden('Extension.InvalidEventType', `${event}: ErrorInvalidEventType`)
}

export function invalidFormat(message: string): Refusal {
  return forbidden('InvalidRequestFormat', message)
}

export function invalidState(from: ExtensionState, to: ExtensionState, who: string): Refusal {
  return forbidden(
    'Extension.InvalidExtensionState',
    `State transition from ${STATE_NAMES[from]} to ${STATE_NAMES[to]} failed for extension ${who}. Error: State transition is not allowed`,
  )
}

function forbidden(errorType: string, errorMessage: string): Refusal {
  return { status: 403, errorType, errorMessage }
}
