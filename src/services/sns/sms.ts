import { invalidParameter, unsupported } from './errors.ts'
import { digitsOf } from './phone-number.ts'

/** What an account has set for text messages in a region. */
export interface AccountSettings {
  /** In AWS's names: DefaultSenderID, DefaultSMSType. */
  readonly sms: Readonly<Record<string, string>>
  /** Numbers that want nothing from it, in the order in which they said so. */
  readonly optedOut: readonly string[]
}

export const NO_SETTINGS: AccountSettings = { sms: {}, optedOut: [] }

/** SNS API, SetSMSAttributes. The others are about money, logs and reports, of which there are none. */
const READERS: Readonly<Record<string, (value: string) => boolean>> = {
  DefaultSenderID: (value) => /^(?=.*[A-Za-z])[A-Za-z0-9]{1,11}$/.test(value),
  DefaultSMSType: (value) => ['Promotional', 'Transactional'].includes(value),
}
const UNSUPPORTED = [
  'MonthlySpendLimit',
  'DeliveryStatusIAMRole',
  'DeliveryStatusSuccessSamplingRate',
  'UsageReportS3Bucket',
]

/** The settings with some attributes set anew; empty ones are taken away. */
export function withSmsAttributes(
  settings: AccountSettings,
  given: Readonly<Record<string, string>>,
): AccountSettings {
  for (const [name, value] of Object.entries(given)) check(name, value)
  const set = Object.entries({ ...settings.sms, ...given }).filter(([, value]) => value !== '')
  return { ...settings, sms: Object.fromEntries(set) }
}

function check(name: string, value: string): void {
  const isToCome = UNSUPPORTED.includes(name)
  const isGood = Object.hasOwn(READERS, name) ? READERS[name] : undefined
  if (!isToCome && isGood === undefined) throw invalidParameter(`${name} is not a valid attribute`)
  if (value === '') return
  if (isToCome) throw unsupported(`The SMS attribute ${name}`)
  if (isGood?.(value) !== true) throw invalidParameter(`${name} Reason: ${value} is not a valid value`)
}

export function isOptedOut({ optedOut }: AccountSettings, number: string): boolean {
  return optedOut.includes(plain(number))
}

export function withOptOut(settings: AccountSettings, number: string, isOut: boolean): AccountSettings {
  const others = settings.optedOut.filter((one) => one !== plain(number))
  return { ...settings, optedOut: isOut ? [...others, plain(number)] : others }
}

/** However it was written: digits behind a plus. */
function plain(number: string): string {
  return `+${digitsOf(number).replace(/^\+/, '')}`
}
