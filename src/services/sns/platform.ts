import { formatArn, parseArn } from '../../aws/arn.ts'
import { invalidParameter, notAnArn, unsupported } from './errors.ts'
import type { Scope } from './scope.ts'

/** What an application is known by at a push service. */
export interface PlatformAddress extends Scope {
  /** GCM, APNS and the like. */
  readonly platform: string
  readonly name: string
}

export interface PlatformApplication extends PlatformAddress {
  /** In AWS's names, without the credentials: nothing here ever signs in to a push service. */
  readonly attributes: Readonly<Record<string, string>>
}

/** An application on one device. */
export interface PlatformEndpoint {
  readonly application: PlatformAddress
  readonly id: string
  /** By which the push service knows the device. */
  readonly token: string
  readonly isEnabled: boolean
  readonly customUserData?: string
}

const PLATFORMS = new Set([
  'ADM',
  'APNS',
  'APNS_SANDBOX',
  'APNS_VOIP',
  'APNS_VOIP_SANDBOX',
  'BAIDU',
  'GCM',
  'MACOS',
  'MACOS_SANDBOX',
  'MPNS',
  'WNS',
])
/** Where a credential is of no use without its principal (SNS API, CreatePlatformApplication). */
const WITH_PRINCIPAL = /^(ADM|APNS|BAIDU|MACOS|WNS)/
const CREDENTIALS = ['PlatformCredential', 'PlatformPrincipal']
const SHOWN = ['ApplePlatformTeamID', 'ApplePlatformBundleID', 'SuccessFeedbackSampleRate']
const TO_COME = [
  'EventEndpointCreated',
  'EventEndpointDeleted',
  'EventEndpointUpdated',
  'EventDeliveryFailure',
  'SuccessFeedbackRoleArn',
  'FailureFeedbackRoleArn',
]
const USER_DATA_BYTES_MAX = 2048

export function applicationArn({ accountId, region, platform, name }: PlatformAddress): string {
  return formatArn({ service: 'sns', region, accountId, resource: `app/${platform}/${name}` })
}

export function endpointArn({ application, id }: Pick<PlatformEndpoint, 'application' | 'id'>): string {
  const { accountId, region, platform, name } = application
  return formatArn({ service: 'sns', region, accountId, resource: `endpoint/${platform}/${name}/${id}` })
}

/** GCM, APNS and the like: by that name a structured message has a text for it. */
export function platformOfEndpoint(arn: string): string {
  return parseArn(arn)?.resource.split('/')[1] ?? ''
}

export function isEndpointArn(text: string): boolean {
  const arn = parseArn(text)
  return arn?.service === 'sns' && /^endpoint\/\w+\/[\w.-]+\/[0-9a-f-]{36}$/.test(arn.resource)
}

/** Throws what AWS answers to what is no ARN of that kind, or of another region. */
export function checkPlatformArn(
  parameter: string,
  text: string,
  kind: 'app' | 'endpoint',
  scope: Scope,
): void {
  if (text.split(':').length < 6) throw notAnArn(parameter, text)
  const arn = parseArn(text)
  const parts = arn?.resource.split('/') ?? []
  if (arn?.service !== 'sns' || parts[0] !== kind || arn.region !== scope.region) {
    throw invalidParameter(parameter)
  }
  if (parts.length !== (kind === 'app' ? 3 : 4)) {
    throw invalidParameter(`${parameter} Reason: Wrong number of slashes in relative portion of the ARN.`)
  }
}

export function checkApplication(platform: string, name: string): void {
  if (!PLATFORMS.has(platform)) throw invalidParameter(`Platform Reason: ${platform} is not supported`)
  if (!/^[\w.-]{1,256}$/.test(name)) throw invalidParameter('Name')
}

/** Those that are kept. A new application must come with its credentials; what is empty is taken away. */
export function readApplicationAttributes(
  given: Readonly<Record<string, string>>,
  before: PlatformApplication['attributes'] = {},
): Record<string, string> {
  const kept: Record<string, string> = { ...before }
  for (const [name, value] of Object.entries(given)) {
    if (TO_COME.includes(name) && value !== '')
      throw unsupported(`The platform application attribute ${name}`)
    if (CREDENTIALS.includes(name) && value === '') throw emptyAttribute(name)
    if (![...SHOWN, ...TO_COME, ...CREDENTIALS].includes(name)) throw invalidParameter('AttributeName')
    if (name === 'SuccessFeedbackSampleRate' && !/^(\d{1,2}|100)?$/.test(value)) throw invalidParameter(name)
    if (!SHOWN.includes(name)) continue
    if (value === '') delete kept[name]
    else kept[name] = value
  }
  return kept
}

export function checkCredentials(platform: string, given: Readonly<Record<string, string>>): void {
  const wanted = WITH_PRINCIPAL.test(platform) ? CREDENTIALS : ['PlatformCredential']
  const missing = wanted.find((name) => !given[name])
  if (missing !== undefined) throw emptyAttribute(missing)
}

function emptyAttribute(name: string) {
  return invalidParameter(`Attributes Reason: Invalid value for attribute: ${name}: cannot be empty`)
}

/** An endpoint with some of its attributes set: Token, Enabled, CustomUserData. */
export function withEndpointAttributes(
  endpoint: PlatformEndpoint,
  given: Readonly<Record<string, string>>,
): PlatformEndpoint {
  const { Token = endpoint.token, Enabled = String(endpoint.isEnabled), CustomUserData, ...others } = given
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw invalidParameter(`Attributes Reason: Invalid attribute name: ${unknown}`)
  if (Token === '') throw invalidParameter('Token Reason: cannot be empty')
  if (!/^(true|false)$/i.test(Enabled)) {
    throw invalidParameter('Attributes Reason: Invalid value for attribute: Enabled: must be true or false')
  }
  const userData = CustomUserData ?? endpoint.customUserData
  if (Buffer.byteLength(userData ?? '') > USER_DATA_BYTES_MAX) {
    throw invalidParameter(`CustomUserData Reason: must be at most ${USER_DATA_BYTES_MAX} bytes long`)
  }
  const { application, id } = endpoint
  return {
    application,
    id,
    token: Token,
    isEnabled: Enabled.toLowerCase() === 'true',
    ...(userData !== undefined && { customUserData: userData }),
  }
}

export function endpointAttributes({ token, isEnabled, customUserData }: PlatformEndpoint) {
  return {
    Enabled: String(isEnabled),
    Token: token,
    ...(customUserData !== undefined && { CustomUserData: customUserData }),
  }
}
