import type { Random } from '../../../base/random.ts'
import type { S3Input } from '../deps.ts'
import { invalidArgument, invalidRequest, malformedXml } from '../errors.ts'
import { refuseStorageClass } from '../refusals.ts'
import { type LifecycleFilter, type LifecycleRule, type Predicates, predicatesOf } from './rule.ts'

type Given = NonNullable<
  NonNullable<S3Input<'PutBucketLifecycleConfiguration'>['LifecycleConfiguration']>['Rules']
>[number]

/** Amazon S3 User Guide, "Lifecycle configuration elements". */
const RULES_MAX = 1000
const NEWER_VERSIONS_MAX = 100
/** Of storage classes for what is seldom read. */
const INFREQUENT_DAYS_MIN = 30
const INFREQUENT = ['STANDARD_IA', 'ONEZONE_IA']
export const DAY_MS = 24 * 3_600_000

const ACTIONS = [
  'Expiration',
  'Transitions',
  'NoncurrentVersionExpiration',
  'NoncurrentVersionTransitions',
  'AbortIncompleteMultipartUpload',
] as const

/** @throws MalformedXML, InvalidRequest, InvalidArgument; NotImplemented for storage classes that are not there */
export function readLifecycleRules(given: readonly Given[], random: Random): LifecycleRule[] {
  if (given.length === 0 || given.length > RULES_MAX) throw malformedXml()
  const ids = new Set<string>()
  return given.map((one) => {
    refuseBadRule(one)
    const rule = kept({ ...one, ID: one.ID || random.uuid() })
    if (ids.has(rule.ID)) {
      throw invalidArgument('RuleId must be unique. Found same ID for more than one rule.')
    }
    ids.add(rule.ID)
    return rule
  })
}

/** As JSON keeps it: without what is undefined, and dates as milliseconds. */
function kept(rule: Given): LifecycleRule {
  return JSON.parse(
    JSON.stringify(rule, function (this: Record<string, unknown>, name, value) {
      const { [name]: before } = this
      return before instanceof Date ? before.getTime() : value
    }),
  )
}

function refuseBadRule(rule: Given): void {
  if ((rule.ID ?? '').length > 255) throw invalidArgument('ID length should not exceed allowed limit of 255')
  if ((rule.Prefix === undefined) === (rule.Filter === undefined)) throw malformedXml()
  const predicates = readFilter(rule)
  if (ACTIONS.every((action) => rule[action] === undefined)) {
    throw invalidRequest('At least one action needs to be specified in a rule')
  }
  refuseBadExpiration(rule, predicates)
  refuseBadTransitions(rule)
  refuseBadNoncurrent(rule)
  const { AbortIncompleteMultipartUpload: abort } = rule
  if (abort === undefined) return
  refuseDays('DaysAfterInitiation', 'AbortIncompleteMultipartUpload', abort.DaysAfterInitiation)
  if ((predicates.Tags ?? []).length > 0) {
    throw invalidRequest('AbortIncompleteMultipartUpload cannot be specified with Tags.')
  }
}

function readFilter({ Prefix, Filter }: Given): Predicates {
  const { And, ...alone } = Filter ?? {}
  const given = Object.values(Filter ?? {}).filter((value) => value !== undefined)
  if (given.length > 1) throw malformedXml()
  const predicates = predicatesOf(
    kept({ ID: '', Status: 'Enabled', Prefix, Filter: And === undefined ? alone : { And } }) as {
      readonly Prefix?: string
      readonly Filter?: LifecycleFilter
    },
  )
  const { Tags = [], ObjectSizeGreaterThan: min = 0, ObjectSizeLessThan: max } = predicates
  if (And !== undefined && Object.keys(predicates).length + Math.max(Tags.length - 1, 0) < 2) {
    throw malformedXml()
  }
  if (new Set(Tags.map(({ Key }) => Key)).size < Tags.length) {
    throw invalidRequest('Duplicate Tag Keys are not allowed.')
  }
  if (max !== undefined && max <= min) {
    throw invalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")
  }
  return predicates
}

function refuseBadExpiration({ Expiration: expiration }: Given, { Tags = [] }: Predicates): void {
  if (expiration === undefined) return
  const { Date: date, Days, ExpiredObjectDeleteMarker: markers } = expiration
  if ([date, Days, markers].filter((one) => one !== undefined).length !== 1) throw malformedXml()
  if (Days !== undefined) refuseDays('Days', 'Expiration', Days)
  if (date !== undefined) refuseDate(date)
  if (markers !== undefined && Tags.length > 0) {
    throw invalidRequest('ExpiredObjectDeleteMarker cannot be specified with Tags.')
  }
}

function refuseBadTransitions({ Transitions: transitions = [], Expiration: expiration }: Given): void {
  const classes = transitions.map(({ StorageClass }) => StorageClass)
  if (new Set(classes).size < classes.length) {
    throw invalidRequest("'StorageClass' must be different for 'Transition' actions in same 'Rule'")
  }
  for (const { Date: date, Days, StorageClass } of transitions) {
    if ((date === undefined) === (Days === undefined)) throw malformedXml()
    refuseStorageClass(StorageClass ?? '')
    if (date !== undefined) refuseDate(date)
    if (Days === undefined) continue
    if (Days < 0) throw invalidArgument("'Days' in Transition action must be nonnegative")
    refuseTooSoon('Days', 'Transition', Days, StorageClass)
    if (expiration?.Days !== undefined && expiration.Days <= Days) {
      throw invalidArgument(
        "'Days' in the Expiration action must be greater than 'Days' in the Transition action",
      )
    }
  }
}

function refuseBadNoncurrent(rule: Given): void {
  const { NoncurrentVersionExpiration: expiration, NoncurrentVersionTransitions: transitions = [] } = rule
  if (expiration !== undefined) {
    refuseDays('NoncurrentDays', 'NoncurrentVersionExpiration', expiration.NoncurrentDays)
    refuseNewer('NoncurrentVersionExpiration', expiration.NewerNoncurrentVersions)
  }
  for (const { NoncurrentDays, NewerNoncurrentVersions, StorageClass } of transitions) {
    refuseStorageClass(StorageClass ?? '')
    if (NoncurrentDays === undefined) throw malformedXml()
    if (NoncurrentDays < 0) {
      throw invalidArgument("'NoncurrentDays' in NoncurrentVersionTransition action must be nonnegative")
    }
    refuseTooSoon('NoncurrentDays', 'NoncurrentVersionTransition', NoncurrentDays, StorageClass)
    refuseNewer('NoncurrentVersionTransition', NewerNoncurrentVersions)
  }
}

function refuseDays(member: string, action: string, days: number | undefined): void {
  if (days === undefined) throw malformedXml()
  if (!Number.isSafeInteger(days) || days <= 0) {
    throw invalidArgument(`'${member}' for ${action} action must be a positive integer`)
  }
}

function refuseTooSoon(member: string, action: string, days: number, storageClass = ''): void {
  if (!INFREQUENT.includes(storageClass) || days >= INFREQUENT_DAYS_MIN) return
  throw invalidArgument(
    `'${member}' in ${action} action must be greater than or equal to ${INFREQUENT_DAYS_MIN} for storageClass '${storageClass}'`,
  )
}

function refuseNewer(action: string, versions: number | undefined): void {
  if (versions === undefined || (versions > 0 && versions <= NEWER_VERSIONS_MAX)) return
  throw invalidArgument(
    `'NewerNoncurrentVersions' for ${action} action must be a positive integer between 1 and ${NEWER_VERSIONS_MAX}`,
  )
}

function refuseDate(date: Date): void {
  if (date.getTime() % DAY_MS !== 0) throw invalidArgument("'Date' must be at midnight GMT")
}
