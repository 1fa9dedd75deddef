import type { Call, Operation } from '../../../aws/operation.ts'
import { changeFunction, type Editing } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { nothingThere, resourceConflict, resourceNotFound, validationError } from '../errors.ts'
import { type FunctionKey, functionArn } from '../function.ts'
import { readFunctionName } from '../function-name.ts'
import { readPage } from '../paging.ts'
import { showMicroseconds } from '../response.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { type FunctionUrl, type UrlCors, urlOf } from '../urls/url.ts'

/** One for the function, and one for each alias. */
export const createFunctionUrlConfig: Operation<
  LambdaDeps,
  LambdaInput<'CreateFunctionUrlConfig'>,
  LambdaOutput<'CreateFunctionUrlConfig'>
> = async (deps, input, call) => {
  const { key, qualifier } = readTarget(input, call)
  if ((await deps.functions.find(key)) === undefined) throw functionNotThere()
  const now = deps.clock.now()
  const url: FunctionUrl = {
    ...key,
    qualifier,
    urlId: deps.random.hex(16),
    authType: input.AuthType ?? 'AWS_IAM',
    invokeMode: input.InvokeMode ?? 'BUFFERED',
    ...(input.Cors && { cors: readCors(input.Cors) }),
    created: now,
    lastModified: now,
  }
  await changeFunction(deps, key, async (editing) => {
    if ((await editing.fn.url(qualifier)) !== undefined) throw exists(url)
    if (!(await isThere(editing, qualifier))) throw functionNotThere()
    await editing.fn.saveUrl(url)
  })
  const { LastModifiedTime: _, InvokeMode, ...shown } = show(url, call)
  return { ...shown, ...(input.InvokeMode !== undefined && InvokeMode && { InvokeMode }) }
}

export const getFunctionUrlConfig: Operation<
  LambdaDeps,
  LambdaInput<'GetFunctionUrlConfig'>,
  LambdaOutput<'GetFunctionUrlConfig'>
> = async ({ functions }, input, call) => {
  const { key, qualifier } = readTarget(input, call)
  const url = await functions.findUrl(key, qualifier)
  if (url === undefined) throw nothingThere()
  return show(url, call)
}

export const listFunctionUrlConfigs: Operation<
  LambdaDeps,
  LambdaInput<'ListFunctionUrlConfigs'>,
  LambdaOutput<'ListFunctionUrlConfigs'>
> = async ({ functions }, input, call) => {
  const { key } = readFunctionName(input.FunctionName ?? '', call)
  if ((await functions.find(key)) === undefined) throw functionNotThere()
  const { items, next } = await readPage(
    input,
    1,
    (page) => functions.listUrls(key, page),
    ({ qualifier }) => [qualifier],
  )
  return { FunctionUrlConfigs: items.map((url) => show(url, call)), ...next }
}

/** Changes what the caller names; CORS is replaced as a whole. */
export const updateFunctionUrlConfig: Operation<
  LambdaDeps,
  LambdaInput<'UpdateFunctionUrlConfig'>,
  LambdaOutput<'UpdateFunctionUrlConfig'>
> = async (deps, input, call) => {
  const { key, qualifier } = readTarget(input, call)
  if ((await deps.functions.find(key)) === undefined) throw functionNotThere()
  const url = await changeFunction(deps, key, async (editing) => {
    const { fn } = editing
    if (!(await isThere(editing, qualifier))) throw functionNotThere()
    const before = await fn.url(qualifier)
    if (before === undefined) throw nothingThere()
    const after: FunctionUrl = {
      ...before,
      authType: input.AuthType ?? before.authType,
      invokeMode: input.InvokeMode ?? before.invokeMode,
      ...(input.Cors && { cors: readCors(input.Cors) }),
      lastModified: deps.clock.now(),
    }
    await fn.saveUrl(after)
    return after
  })
  return show(url, call)
}

export const deleteFunctionUrlConfig: Operation<
  LambdaDeps,
  LambdaInput<'DeleteFunctionUrlConfig'>,
  LambdaOutput<'DeleteFunctionUrlConfig'>
> = async (deps, input, call) => {
  const { key, qualifier } = readTarget(input, call)
  if ((await deps.functions.find(key)) === undefined) throw nothingThere()
  await changeFunction(deps, key, async ({ fn }) => {
    if ((await fn.url(qualifier)) === undefined) throw nothingThere()
    await fn.deleteUrl(qualifier)
  })
  return {}
}

function readTarget(
  { FunctionName, Qualifier }: { FunctionName: string | undefined; Qualifier?: string | undefined },
  call: Call,
): { key: FunctionKey; qualifier: string } {
  const { key, qualifier = '' } = readFunctionName(FunctionName ?? '', call, Qualifier)
  // In the name the model allows it.
  if (/^(\d+|\$LATEST)$/.test(qualifier)) throw noAlias(qualifier)
  return { key, qualifier }
}

async function isThere({ fn }: Editing, qualifier: string): Promise<boolean> {
  return qualifier === '' || (await fn.alias(qualifier)) !== undefined
}

function readCors(cors: NonNullable<LambdaInput<'CreateFunctionUrlConfig'>['Cors']>): UrlCors {
  return Object.fromEntries(Object.entries(cors).filter(([, value]) => value !== undefined)) as UrlCors
}

function show(url: FunctionUrl, { endpoint }: Call): LambdaOutput<'GetFunctionUrlConfig'> {
  return {
    FunctionUrl: urlOf(url, endpoint),
    FunctionArn: functionArn(url, url.qualifier || undefined),
    AuthType: url.authType,
    ...(url.cors && { Cors: { ...url.cors } }),
    CreationTime: showMicroseconds(url.created),
    LastModifiedTime: showMicroseconds(url.lastModified),
    InvokeMode: url.invokeMode,
  }
}

function noAlias(qualifier: string) {
  return validationError(
    'qualifier',
    qualifier,
    'Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)',
  )
}

function functionNotThere() {
  return resourceNotFound('Function does not exist')
}

function exists(url: FunctionUrl) {
  const arn = functionArn(url, url.qualifier || undefined)
  return resourceConflict(
    `Failed to create function url config for [functionArn = ${arn}]. ` +
      'Error message:  FunctionUrlConfig exists for this Lambda function',
  )
}
