import { parseArn } from '../../../aws/arn.ts'
import { parseJsonPath } from '../../../aws/json-path.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import { ownBusName } from '../bus.ts'
import { isTargetService } from '../delivery/send.ts'
import { isJson, unknownNames } from '../delivery/target-input.ts'
import type { EventBridgeOperation } from '../deps.ts'
import { invalidNextToken, invalidParameter, limitExceeded, unsupported, validationError } from '../errors.ts'
import type { Target } from '../rule.ts'
import { existingBus } from './buses.ts'
import { existingRule, saveRule } from './rules.ts'

/** Amazon EventBridge User Guide, "Quotas": targets per rule. */
const TARGETS_MAX = 5

export const putTargets: EventBridgeOperation<'PutTargets'> = async (deps, input, call) => {
  const bus = ownBusName(input.EventBusName, call)
  const given = (input.Targets ?? []) as readonly Target[]
  for (const target of given) checkTarget(target)
  await deps.store.change(async (editor) => {
    await existingBus(editor, call, bus)
    const rule = await existingRule(editor, call, input.Rule, bus)
    const targets = new Map(rule.targets.map((target) => [target.Id, target]))
    for (const target of given) targets.set(target.Id, target)
    if (targets.size > TARGETS_MAX) throw limitExceeded()
    await saveRule(deps, editor, call, { ...rule, targets: [...targets.values()] })
  })
  return { FailedEntryCount: 0, FailedEntries: [] }
}

function checkTarget(target: Target): void {
  const { Id: id, Arn } = target
  const arn = parseArn(Arn)
  if (arn === undefined) throw invalidParameter(Arn, 'Provided Arn is not in correct format.')
  if (!isTargetService(arn.service)) throw unsupported(`A target of the service ${arn.service}`)
  const inputs = [target.Input, target.InputPath, target.InputTransformer].filter((one) => one !== undefined)
  if (inputs.length > 1) {
    throw validationError(
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`,
    )
  }
  if (target.Input !== undefined && !isJson(target.Input)) {
    throw validationError(`JSON syntax error in input for target ${id}.`)
  }
  checkPaths(target)
  checkPlaceholders(target)
  checkParameters(target, arn)
  for (const name of UNSUPPORTED)
    if (target[name] !== undefined) throw unsupported(`The parameter ${name} of a target`)
}

const UNSUPPORTED = [
  'EcsParameters',
  'BatchParameters',
  'RedshiftDataParameters',
  'SageMakerPipelineParameters',
  'AppSyncParameters',
  'RunCommandParameters',
  'KinesisParameters',
] as const

function checkPaths({ Id: id, InputPath, InputTransformer }: Target): void {
  const paths = [
    ...(InputPath === undefined ? [] : [InputPath]),
    ...Object.values(InputTransformer?.InputPathsMap ?? {}),
  ]
  for (const path of paths) {
    if (parseJsonPath(path) === undefined) throw validationError(`Invalid JSON path ${path} in target ${id}.`)
  }
  for (const name of Object.keys(InputTransformer?.InputPathsMap ?? {})) {
    if (!/^[A-Za-z0-9_-]+$/.test(name))
      throw validationError(`Invalid input transformer key ${name} in target ${id}.`)
  }
}

/** † */
function checkPlaceholders({ Id: id, InputTransformer }: Target): void {
  const [unknown] = InputTransformer === undefined ? [] : unknownNames(InputTransformer)
  if (unknown !== undefined)
    throw validationError(`InputTemplate for target ${id} contains invalid placeholder ${unknown}.`)
}

function checkParameters(
  { Id: id, Arn, SqsParameters, HttpParameters, RoleArn }: Target,
  { service, resource }: { readonly service: string; readonly resource: string },
): void {
  const isFifo = service === 'sqs' && resource.endsWith('.fifo')
  if (isFifo && SqsParameters?.MessageGroupId === undefined) {
    throw validationError(`Parameter(s) SqsParameters must be specified for target: ${id}.`)
  }
  if (service !== 'sqs' && SqsParameters !== undefined) {
    throw validationError(`Parameter(s) SqsParameters not valid for target: ${id}.`)
  }
  const isApi = resource.startsWith('api-destination/')
  if (!isApi && HttpParameters !== undefined)
    throw validationError(`Parameter(s) HttpParameters not valid for target: ${id}.`)
  if (isApi && RoleArn === undefined) throw validationError(`RoleArn is required for target ${id}.`)
  // †: a resource policy of CloudWatch Logs is what lets rules in.
  if (service === 'logs' && RoleArn !== undefined)
    throw validationError(`RoleArn is not supported for target ${Arn}.`)
}

export const removeTargets: EventBridgeOperation<'RemoveTargets'> = async (deps, input, call) => {
  const bus = ownBusName(input.EventBusName, call)
  const ids = new Set(input.Ids)
  await deps.store.change(async (editor) => {
    await existingBus(editor, call, bus)
    const rule = await existingRule(editor, call, input.Rule, bus)
    await saveRule(deps, editor, call, { ...rule, targets: rule.targets.filter(({ Id }) => !ids.has(Id)) })
  })
  return { FailedEntryCount: 0, FailedEntries: [] }
}

export const listTargetsByRule: EventBridgeOperation<'ListTargetsByRule'> = async (
  { store },
  input,
  call,
) => {
  const bus = ownBusName(input.EventBusName, call)
  await existingBus(store, call, bus)
  const rule = await existingRule(store, call, input.Rule, bus)
  const { limit, after } = pageStart(input, invalidNextToken)
  const named = rule.targets
    .map((target) => ({ name: target.Id, target }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ name }) => after === undefined || name > after)
  const { shown, rest } = pageOf(named, limit, ({ name }) => name)
  return { Targets: shown.map(({ target }) => target), ...rest }
}
