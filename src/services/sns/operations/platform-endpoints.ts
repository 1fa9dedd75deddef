import { isDeepStrictEqual } from 'node:util'
import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import type { SnsOperation } from '../deps.ts'
import { endpointNotFound, invalidNextToken, invalidParameter, notAuthorized } from '../errors.ts'
import {
  applicationArn,
  checkPlatformArn,
  endpointArn,
  endpointAttributes,
  type PlatformEndpoint,
  withEndpointAttributes,
} from '../platform.ts'
import type { SnsReader } from '../store.ts'
import { existingApplication } from './platform-applications.ts'

/** Made once for a token: the same again is the same, with other attributes it is refused. */
export const createPlatformEndpoint: SnsOperation<'CreatePlatformEndpoint'> = async (
  { store, random },
  { PlatformApplicationArn: arn = '', Token = '', CustomUserData, Attributes = {} },
  call,
) => {
  const id = random.uuid()
  const EndpointArn = await store.change(async (editor) => {
    const { accountId, region, platform, name } = await existingApplication(
      editor,
      arn,
      call,
      'CreatePlatformEndpoint',
    )
    const application = { accountId, region, platform, name }
    const data = CustomUserData === undefined ? {} : { CustomUserData }
    const bare = { application, id, token: Token, isEnabled: true }
    const endpoint = withEndpointAttributes(bare, { ...data, ...Attributes, Token })
    const before = await editor.findEndpointByToken(arn, Token)
    if (before === undefined) {
      await editor.saveEndpoint(endpoint)
      return endpointArn(endpoint)
    }
    refuseOtherwise(before, endpoint)
    return endpointArn(before)
  })
  return { EndpointArn }
}

function refuseOtherwise(before: PlatformEndpoint, wanted: PlatformEndpoint): void {
  if (isDeepStrictEqual(endpointAttributes(before), endpointAttributes(wanted))) return
  throw tokenTaken(before)
}

function tokenTaken(by: PlatformEndpoint) {
  return invalidParameter(
    `Token Reason: Endpoint ${endpointArn(by)} already exists with the same Token, but different attributes.`,
  )
}

async function existing(
  store: SnsReader,
  arn: string,
  call: Call,
  action: string,
): Promise<PlatformEndpoint> {
  checkPlatformArn('EndpointArn', arn, 'endpoint', call)
  const endpoint = await store.findEndpoint(arn)
  if (endpoint === undefined) throw endpointNotFound()
  if (endpoint.application.accountId !== call.accountId) throw notAuthorized(action, call, arn)
  return endpoint
}

/** What is not there is deleted already. */
export const deleteEndpoint: SnsOperation<'DeleteEndpoint'> = async (
  { store },
  { EndpointArn: arn = '' },
  call,
) => {
  checkPlatformArn('EndpointArn', arn, 'endpoint', call)
  await store.change(async (editor) => {
    if ((await editor.findEndpoint(arn)) === undefined) return
    await existing(editor, arn, call, 'DeleteEndpoint')
    await editor.removeEndpoint(arn)
  })
  return {}
}

export const getEndpointAttributes: SnsOperation<'GetEndpointAttributes'> = async (
  { store },
  { EndpointArn: arn = '' },
  call,
) => ({ Attributes: endpointAttributes(await existing(store, arn, call, 'GetEndpointAttributes')) })

export const setEndpointAttributes: SnsOperation<'SetEndpointAttributes'> = async (
  { store },
  { EndpointArn: arn = '', Attributes = {} },
  call,
) => {
  await store.change(async (editor) => {
    const endpoint = await existing(editor, arn, call, 'SetEndpointAttributes')
    const changed = withEndpointAttributes(endpoint, Attributes)
    const other = await editor.findEndpointByToken(applicationArn(endpoint.application), changed.token)
    if (other !== undefined && other.id !== endpoint.id) throw tokenTaken(other)
    await editor.saveEndpoint(changed)
  })
  return {}
}

export const listEndpointsByPlatformApplication: SnsOperation<'ListEndpointsByPlatformApplication'> = async (
  { store },
  input,
  call,
) => {
  const { PlatformApplicationArn: arn = '' } = input
  await existingApplication(store, arn, call, 'ListEndpointsByPlatformApplication')
  const { limit, ...from } = pageStart(input, invalidNextToken)
  const { shown, rest } = pageOf(
    await store.listEndpoints(arn, { ...from, limit: limit + 1 }),
    limit,
    endpointArn,
  )
  const Endpoints = shown.map((endpoint) => ({
    EndpointArn: endpointArn(endpoint),
    Attributes: endpointAttributes(endpoint),
  }))
  return { Endpoints, ...rest }
}
