import { type Arn, parseArn } from '../../aws/arn.ts'
import { DeliveryError } from '../../aws/ports/delivery.ts'
import type { LambdaDeps } from './deps.ts'
import { invalidParameter } from './errors.ts'
import { type FunctionKey, functionArn } from './function.ts'

export interface Destinations {
  readonly onSuccess?: string
  readonly onFailure?: string
}

type Deps = Pick<LambdaDeps, 'functions' | 'switchboard'>

/** Refuses destinations of events of `key` that AWS refuses: of another kind, or not there. */
export async function checkDestinations(deps: Deps, key: FunctionKey, given: Destinations): Promise<void> {
  for (const name of ['onSuccess', 'onFailure'] as const) {
    const arn = given[name]
    if (!arn) continue
    const parsed = parseArn(arn)
    const find = parsed && finders[parsed.service]
    // Objects are made of failures only.
    if (find === undefined || (parsed?.service === 's3' && name === 'onSuccess')) throw badConfig(given)
    if (!(await asked(() => find(deps, parsed as Arn, arn)))) throw badArn(arn)
    if (isFunction(parsed as Arn, key)) throw itself()
  }
}

/** Refuses a dead-letter queue that is no standard queue or topic, or is not there. */
export async function checkDeadLetterTarget(deps: Deps, arn: string | undefined): Promise<void> {
  if (!arn) return
  const parsed = parseArn(arn)
  const find = parsed && ['sqs', 'sns'].includes(parsed.service) ? finders[parsed.service] : undefined
  if (find === undefined || !(await asked(() => find(deps, parsed as Arn, arn))))
    throw badDeadLetterTarget(arn)
}

/** Whether the target is there, and takes what Lambda sends. */
type Find = (deps: Deps, arn: Arn, text: string) => Promise<boolean>

const finders: Readonly<Record<string, Find>> = {
  sqs: async ({ switchboard }, _, arn) => (await switchboard.sqs.describe(arn))?.isFifo === false,
  sns: async ({ switchboard }, _, arn) => !arn.endsWith('.fifo') && (await switchboard.sns.exists(arn)),
  events: async ({ switchboard }, _, arn) => switchboard.events.busExists(arn),
  s3: async ({ switchboard }, { resource }) => switchboard.s3.bucketExists(resource),
  lambda: async ({ functions }, arn) => {
    const key = functionOf(arn)
    return key !== undefined && (await functions.find(key)) !== undefined
  },
}

function functionOf({ accountId, region, resource }: Arn): FunctionKey | undefined {
  const [type, name] = resource.split(':')
  return type === 'function' && name ? { accountId, region, name } : undefined
}

function isFunction(arn: Arn, key: FunctionKey): boolean {
  const target = arn.service === 'lambda' ? functionOf(arn) : undefined
  return target !== undefined && functionArn(target) === functionArn(key)
}

/** A service that cannot say is a reason to refuse: nobody would learn later that nothing arrives. */
async function asked(find: () => Promise<boolean>): Promise<boolean> {
  try {
    return await find()
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    if (error.isTransient) throw invalidParameter(`The destination cannot be used: ${error.message}.`)
    return false
  }
}

function badArn(arn: string) {
  return invalidParameter(`The destination ARN ${arn} is invalid.`)
}

function itself() {
  return invalidParameter("You can't specify the function as a destination for itself.")
}

function badConfig({ onSuccess, onFailure }: Destinations) {
  const shown = (name: string, arn: string | undefined) => (arn ? `${name}(destination=${arn})` : 'null')
  return invalidParameter(
    `The provided destination config DestinationConfig(onSuccess=${shown('OnSuccess', onSuccess)}, ` +
      `onFailure=${shown('OnFailure', onFailure)}) is invalid.`,
  )
}

/** AWS's text for this has not been recorded. */
function badDeadLetterTarget(arn: string) {
  return invalidParameter(
    `The dead-letter queue ARN ${arn} is invalid: it takes the ARN of a standard SQS queue or SNS topic.`,
  )
}
