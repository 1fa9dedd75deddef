import { pageOf, pageStart } from '../../../aws/pages.ts'
import type { SnsOperation } from '../deps.ts'
import { invalidNextToken } from '../errors.ts'
import { checkPhoneNumber } from '../phone-number.ts'
import { isOptedOut, withOptOut, withSmsAttributes } from '../sms.ts'

export const setSMSAttributes: SnsOperation<'SetSMSAttributes'> = async (
  { store },
  { attributes = {} },
  call,
) => {
  await store.change(async (editor) => {
    const settings = await editor.accountSettings(call)
    await editor.saveAccountSettings(call, withSmsAttributes(settings, attributes))
  })
  return {}
}

export const getSMSAttributes: SnsOperation<'GetSMSAttributes'> = async (
  { store },
  { attributes: wanted = [] },
  call,
) => {
  const { sms } = await store.accountSettings(call)
  const shown = Object.entries(sms).filter(([name]) => wanted.length === 0 || wanted.includes(name))
  return { attributes: Object.fromEntries(shown) }
}

export const checkIfPhoneNumberIsOptedOut: SnsOperation<'CheckIfPhoneNumberIsOptedOut'> = async (
  { store },
  { phoneNumber = '' },
  call,
) => {
  checkPhoneNumber(phoneNumber)
  return { isOptedOut: isOptedOut(await store.accountSettings(call), phoneNumber) }
}

export const listPhoneNumbersOptedOut: SnsOperation<'ListPhoneNumbersOptedOut'> = async (
  { store },
  { nextToken: NextToken },
  call,
) => {
  const { limit, after = '' } = pageStart({ NextToken }, invalidNextToken)
  const { optedOut } = await store.accountSettings(call)
  const behind = optedOut.toSorted().filter((number) => number > after)
  const { shown, rest } = pageOf(behind, limit, (number) => number)
  return {
    phoneNumbers: [...shown],
    ...(rest.NextToken !== undefined && { nextToken: rest.NextToken }),
  }
}

export const optInPhoneNumber: SnsOperation<'OptInPhoneNumber'> = async (
  { store },
  { phoneNumber = '' },
  call,
) => {
  checkPhoneNumber(phoneNumber)
  await store.change(async (editor) => {
    const settings = await editor.accountSettings(call)
    await editor.saveAccountSettings(call, withOptOut(settings, phoneNumber, false))
  })
  return {}
}

/** Nobody has to be kept from sending: an account is as if AWS had let it out of the sandbox. */
export const getSMSSandboxAccountStatus: SnsOperation<'GetSMSSandboxAccountStatus'> = async () => ({
  IsInSandbox: false,
})
