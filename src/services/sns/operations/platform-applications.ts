import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import type { SnsOperation } from '../deps.ts'
import { applicationNotFound, invalidNextToken, notAuthorized } from '../errors.ts'
import {
  applicationArn,
  checkApplication,
  checkCredentials,
  checkPlatformArn,
  type PlatformApplication,
  readApplicationAttributes,
} from '../platform.ts'
import type { SnsReader } from '../store.ts'

/** Made once; the same again is the same, with the attributes of now. */
export const createPlatformApplication: SnsOperation<'CreatePlatformApplication'> = async (
  { store },
  { Name: name = '', Platform: platform = '', Attributes = {} },
  call,
) => {
  checkApplication(platform, name)
  checkCredentials(platform, Attributes)
  const { accountId, region } = call
  const attributes = readApplicationAttributes(Attributes)
  const application = { accountId, region, platform, name, attributes }
  await store.change((editor) => editor.saveApplication(application))
  return { PlatformApplicationArn: applicationArn(application) }
}

/** The application of an ARN, which must be the caller's. */
export async function existingApplication(
  store: SnsReader,
  arn: string,
  call: Call,
  action: string,
): Promise<PlatformApplication> {
  checkPlatformArn('PlatformApplicationArn', arn, 'app', call)
  const application = await store.findApplication(arn)
  if (application === undefined) throw applicationNotFound()
  if (application.accountId !== call.accountId) throw notAuthorized(action, call, arn)
  return application
}

/** With its endpoints. What is not there is deleted already. */
export const deletePlatformApplication: SnsOperation<'DeletePlatformApplication'> = async (
  { store },
  { PlatformApplicationArn: arn = '' },
  call,
) => {
  checkPlatformArn('PlatformApplicationArn', arn, 'app', call)
  await store.change(async (editor) => {
    if ((await editor.findApplication(arn)) === undefined) return
    await existingApplication(editor, arn, call, 'DeletePlatformApplication')
    await editor.removeApplication(arn)
  })
  return {}
}

export const getPlatformApplicationAttributes: SnsOperation<'GetPlatformApplicationAttributes'> = async (
  { store },
  { PlatformApplicationArn: arn = '' },
  call,
) => ({
  Attributes: shown(await existingApplication(store, arn, call, 'GetPlatformApplicationAttributes')),
})

export const setPlatformApplicationAttributes: SnsOperation<'SetPlatformApplicationAttributes'> = async (
  { store },
  { PlatformApplicationArn: arn = '', Attributes = {} },
  call,
) => {
  await store.change(async (editor) => {
    const found = await existingApplication(editor, arn, call, 'SetPlatformApplicationAttributes')
    const attributes = readApplicationAttributes(Attributes, found.attributes)
    await editor.saveApplication({ ...found, attributes })
  })
  return {}
}

export const listPlatformApplications: SnsOperation<'ListPlatformApplications'> = async (
  { store },
  input,
  call,
) => {
  const { limit, ...from } = pageStart(input, invalidNextToken)
  const found = await store.listApplications(call, { ...from, limit: limit + 1 })
  const { shown: page, rest } = pageOf(found, limit, applicationArn)
  const PlatformApplications = page.map((application) => ({
    PlatformApplicationArn: applicationArn(application),
    Attributes: shown(application),
  }))
  return { PlatformApplications, ...rest }
}

function shown({ attributes }: PlatformApplication): Record<string, string> {
  return { Enabled: 'true', ...attributes }
}
