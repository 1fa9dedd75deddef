import { AwsError } from '../../../aws/error.ts'
import type { Call, Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter, nothingThere, resourceConflict } from '../errors.ts'
import { findVersion } from '../find.ts'
import { functionArn, type Scope, type StoredVersion } from '../function.ts'
import { type FunctionReference, readFunctionName } from '../function-name.ts'
import { isInTransition, type StoredMapping, stateOfUpdate } from '../mappings/mapping.ts'
import { showMapping } from '../mappings/response.ts'
import { changedSettings, DEFAULTS } from '../mappings/settings.ts'
import { checkQueue, readSource } from '../mappings/source.ts'
import type { MappingFilter } from '../mappings/store.ts'
import { readPage } from '../paging.ts'
import { withTags } from '../tags.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

type Shown = LambdaOutput<'GetEventSourceMapping'>

/** Answers with the mapping Creating, or Disabled where that was asked for. */
export const createEventSourceMapping: Operation<
  LambdaDeps,
  LambdaInput<'CreateEventSourceMapping'>,
  Shown
> = async (deps, input, call) => {
  const { kind, arn: sourceArn } = readSource(input)
  const { reference, version } = await readFunction(deps, input.FunctionName ?? '', call)
  const tags = withTags({}, input.Tags ?? {})
  const limits = await checkQueue(deps, sourceArn, call, version.configuration.timeoutSeconds)
  const mapping: StoredMapping = {
    accountId: call.accountId,
    region: call.region,
    uuid: deps.random.uuid(),
    kind,
    sourceArn,
    ...functionOf(reference),
    settings: changedSettings(DEFAULTS, input, limits),
    state: input.Enabled === false ? 'Disabled' : 'Creating',
    lastModified: deps.clock.now(),
    tags,
  }
  const same = await deps.mappings.create(mapping)
  if (same !== undefined) throw exists(same)
  deps.settleMapping(mapping)
  return showMapping(mapping)
}

export const getEventSourceMapping: Operation<
  LambdaDeps,
  LambdaInput<'GetEventSourceMapping'>,
  Shown
> = async ({ mappings }, input, call) => {
  const found = await mappings.find(keyOf(input, call))
  if (found === undefined) throw nothingThere()
  return showMapping(found)
}

export const listEventSourceMappings: Operation<
  LambdaDeps,
  LambdaInput<'ListEventSourceMappings'>,
  LambdaOutput<'ListEventSourceMappings'>
> = async ({ mappings }, input, call) => {
  const filter = filterOf(input, call)
  const { items, next } = await readPage(
    input,
    1,
    (page) => mappings.list(call, filter, page),
    ({ uuid }) => [uuid],
  )
  return { EventSourceMappings: items.map(showMapping), ...next }
}

export const updateEventSourceMapping: Operation<
  LambdaDeps,
  LambdaInput<'UpdateEventSourceMapping'>,
  Shown
> = async (deps, input, call) => {
  const key = keyOf(input, call)
  const before = await deps.mappings.find(key)
  if (before === undefined) throw nothingThere()
  const { FunctionName: name } = input
  const target = name === undefined ? undefined : await readFunction(deps, name, call)
  const version = target?.version ?? (await currentVersion(deps, before))
  const limits = await checkQueue(deps, before.sourceArn, call, version?.configuration.timeoutSeconds ?? 0)

  const mapping = await deps.mappings.change(key, (current) => {
    refuseInTransition(current)
    const { qualifier: _, ...rest } = current
    return {
      ...(target === undefined ? current : { ...rest, ...functionOf(target.reference) }),
      settings: changedSettings(current.settings, input, limits),
      state: stateOfUpdate(current.state, input.Enabled),
      lastModified: deps.clock.now(),
    }
  })
  if (mapping === undefined) throw nothingThere()
  deps.settleMapping(mapping)
  return showMapping(mapping)
}

/** Answers with the mapping Deleting; moments later it is gone. */
export const deleteEventSourceMapping: Operation<
  LambdaDeps,
  LambdaInput<'DeleteEventSourceMapping'>,
  Shown
> = async (deps, input, call) => {
  const mapping = await deps.mappings.change(keyOf(input, call), (current) => {
    refuseInTransition(current)
    return { ...current, state: 'Deleting' }
  })
  if (mapping === undefined) throw nothingThere()
  deps.settleMapping(mapping)
  return showMapping(mapping)
}

function keyOf({ UUID = '' }: { UUID: string | undefined }, { accountId, region }: Scope) {
  return { accountId, region, uuid: UUID }
}

function functionOf({ key, qualifier }: FunctionReference) {
  return { functionName: key.name, ...(qualifier !== undefined && { qualifier }) }
}

async function readFunction(
  deps: LambdaDeps,
  name: string,
  call: Call,
): Promise<{ reference: FunctionReference; version: StoredVersion }> {
  const reference = readFunctionName(name, call)
  try {
    return { reference, version: await findVersion(deps, reference) }
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ResourceNotFoundException')
      throw invalidParameter('Function does not exist')
    throw error
  }
}

/** Undefined where the function is gone: its mappings stay. */
async function currentVersion(deps: LambdaDeps, mapping: StoredMapping) {
  const { accountId, region, functionName: name, qualifier } = mapping
  const reference = { key: { accountId, region, name }, qualifier }
  return findVersion(deps, reference).catch(() => undefined)
}

function filterOf(
  { EventSourceArn, FunctionName }: LambdaInput<'ListEventSourceMappings'>,
  call: Call,
): MappingFilter {
  const { key, qualifier } = FunctionName === undefined ? {} : readFunctionName(FunctionName, call)
  return {
    ...(EventSourceArn !== undefined && { sourceArn: EventSourceArn }),
    ...(key && { functionName: key.name }),
    ...(key && qualifier !== undefined && { functionArn: functionArn(key, qualifier) }),
  }
}

function refuseInTransition({ state }: StoredMapping): void {
  if (!isInTransition(state)) return
  throw new AwsError(
    'ResourceInUseException',
    'Cannot update the event source mapping because it is in use.',
    { status: 400, members: { Type: 'User' } },
  )
}

function exists({ sourceArn, functionName, uuid }: StoredMapping) {
  return resourceConflict(
    `An event source mapping with SQS arn (" ${sourceArn} ") and function (" ${functionName} ") already exists. ` +
      `Please update or delete the existing mapping with UUID ${uuid}`,
  )
}
