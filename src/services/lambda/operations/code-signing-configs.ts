import type { Call, Operation } from '../../../aws/operation.ts'
import type { LambdaDeps } from '../deps.ts'
import { resourceConflict, resourceNotFound } from '../errors.ts'
import { functionArn } from '../function.ts'
import { readPage } from '../paging.ts'
import { showTime } from '../response.ts'
import { type CodeSigningConfig, codeSigningConfigArn, idOfArn } from '../signing/config.ts'
import { withTags } from '../tags.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

type Shown = LambdaOutput<'GetCodeSigningConfig'>

export const createCodeSigningConfig: Operation<
  LambdaDeps,
  LambdaInput<'CreateCodeSigningConfig'>,
  Shown
> = async ({ codeSigning, clock, random }, input, { accountId, region }) => {
  const config: CodeSigningConfig = {
    accountId,
    region,
    id: `csc-${random.hex(9).slice(0, 17)}`,
    publishers: input.AllowedPublishers?.SigningProfileVersionArns ?? [],
    policy: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? 'Warn',
    description: input.Description ?? '',
    lastModified: clock.now(),
    tags: withTags({}, input.Tags ?? {}),
  }
  await codeSigning.create(config)
  return { CodeSigningConfig: show(config) }
}

export const getCodeSigningConfig: Operation<LambdaDeps, LambdaInput<'GetCodeSigningConfig'>, Shown> = async (
  { codeSigning },
  input,
  call,
) => {
  const config = await codeSigning.find(keyOf(input, call))
  if (config === undefined) throw notFound(input.CodeSigningConfigArn)
  return { CodeSigningConfig: show(config) }
}

export const listCodeSigningConfigs: Operation<
  LambdaDeps,
  LambdaInput<'ListCodeSigningConfigs'>,
  LambdaOutput<'ListCodeSigningConfigs'>
> = async ({ codeSigning }, input, call) => {
  const { items, next } = await readPage(
    input,
    1,
    (page) => codeSigning.list(call, page),
    ({ id }) => [id],
  )
  return { CodeSigningConfigs: items.map(show), ...next }
}

/** What is deployed already stays as it is. */
export const updateCodeSigningConfig: Operation<
  LambdaDeps,
  LambdaInput<'UpdateCodeSigningConfig'>,
  Shown
> = async ({ codeSigning, clock }, input, call) => {
  const config = await codeSigning.change(keyOf(input, call), (before) => ({
    ...before,
    publishers: input.AllowedPublishers?.SigningProfileVersionArns ?? before.publishers,
    policy: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? before.policy,
    description: input.Description ?? before.description,
    lastModified: clock.now(),
  }))
  if (config === undefined) throw notFound(input.CodeSigningConfigArn)
  return { CodeSigningConfig: show(config) }
}

export const deleteCodeSigningConfig: Operation<
  LambdaDeps,
  LambdaInput<'DeleteCodeSigningConfig'>,
  LambdaOutput<'DeleteCodeSigningConfig'>
> = async ({ codeSigning }, input, call) => {
  const done = await codeSigning.delete(keyOf(input, call))
  if (done === 'missing') throw notFound(input.CodeSigningConfigArn)
  if (done === 'in use') throw inUse(input.CodeSigningConfigArn)
  return {}
}

export const listFunctionsByCodeSigningConfig: Operation<
  LambdaDeps,
  LambdaInput<'ListFunctionsByCodeSigningConfig'>,
  LambdaOutput<'ListFunctionsByCodeSigningConfig'>
> = async ({ codeSigning }, input, call) => {
  const key = keyOf(input, call)
  if ((await codeSigning.find(key)) === undefined) throw notFound(input.CodeSigningConfigArn)
  const { items, next } = await readPage(
    input,
    1,
    (page) => codeSigning.functionsOf(key, page),
    (name) => [name],
  )
  return { FunctionArns: items.map((name) => functionArn({ ...key, name })), ...next }
}

function keyOf({ CodeSigningConfigArn = '' }: { CodeSigningConfigArn: string | undefined }, call: Call) {
  const { accountId, region } = call
  return { accountId, region, id: idOfArn(CodeSigningConfigArn, call) }
}

function show(config: CodeSigningConfig): NonNullable<Shown['CodeSigningConfig']> {
  return {
    CodeSigningConfigId: config.id,
    CodeSigningConfigArn: codeSigningConfigArn(config),
    AllowedPublishers: { SigningProfileVersionArns: [...config.publishers] },
    CodeSigningPolicies: { UntrustedArtifactOnDeployment: config.policy },
    Description: config.description,
    LastModified: showTime(config.lastModified),
  }
}

function notFound(arn: string | undefined) {
  return resourceNotFound(`The Lambda code signing configuration ${arn} can not be found.`)
}

function inUse(arn: string | undefined) {
  return resourceConflict(`Functions use the code signing configuration ${arn}; it cannot be deleted.`)
}
