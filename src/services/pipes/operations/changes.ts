import type { Call } from '../../../aws/operation.ts'
import type { Input } from '../../../aws/sdk-types.ts'
import { PIPE_CHANGED, type PipesDeps, type PipesOperation } from '../deps.ts'
import { pipeExists, pipeNotFound } from '../errors.ts'
import { type Pipe, pipeArn } from '../pipe.ts'
import { checkExtras, checkPipe, parametersFor } from '../settings.ts'
import type { PipesEditor } from '../store.ts'
import { identity } from './reading.ts'
import { withTags } from './tags.ts'

type Client = typeof import('@aws-sdk/client-pipes')

export const createPipe: PipesOperation<'CreatePipe'> = async (deps, input, call) => {
  checkExtras(input)
  const now = deps.clock.now()
  const pipe: Pipe = {
    id: deps.random.uuid(),
    name: input.Name ?? '',
    ...(input.Description !== undefined && { description: input.Description }),
    isRunning: input.DesiredState !== 'STOPPED',
    source: input.Source ?? '',
    ...(input.Enrichment && { enrichment: input.Enrichment }),
    target: input.Target ?? '',
    sourceParameters: input.SourceParameters ?? {},
    enrichmentParameters: input.EnrichmentParameters ?? {},
    targetParameters: input.TargetParameters ?? {},
    roleArn: input.RoleArn ?? '',
    tags: withTags({}, input.Tags),
    createdAt: now,
    modifiedAt: now,
  }
  checkPipe(pipe)
  await deps.store.change(async (editor) => {
    if ((await editor.find(call, pipe.name)) !== undefined) throw pipeExists(pipe.name)
    await editor.save(call, pipe)
    await tell(deps, editor, call, pipe.name)
  })
  return { ...identity(call, pipe), CurrentState: 'CREATING' }
}

/** What is not named stays as it is; parameters of one service are replaced as a whole (API Reference, "UpdatePipe"). */
export const updatePipe: PipesOperation<'UpdatePipe'> = async (deps, input, call) => {
  checkExtras(input)
  const pipe = await change(deps, call, input.Name, (before) => {
    const after = updated(before, input)
    checkPipe(after)
    return after
  })
  return { ...identity(call, pipe), CurrentState: 'UPDATING' }
}

export const startPipe: PipesOperation<'StartPipe'> = async (deps, input, call) => {
  const pipe = await change(deps, call, input.Name, (before) => ({ ...before, isRunning: true }))
  return { ...identity(call, pipe), CurrentState: 'STARTING' }
}

export const stopPipe: PipesOperation<'StopPipe'> = async (deps, input, call) => {
  const pipe = await change(deps, call, input.Name, (before) => ({ ...before, isRunning: false }))
  return { ...identity(call, pipe), CurrentState: 'STOPPING' }
}

export const deletePipe: PipesOperation<'DeletePipe'> = async (deps, input, call) => {
  const { Name: name = '' } = input
  const pipe = await deps.store.change(async (editor) => {
    const before = await editor.find(call, name)
    if (before === undefined) throw pipeNotFound(name)
    await editor.delete(call, name)
    await tell(deps, editor, call, name)
    return before
  })
  return { ...identity(call, pipe), DesiredState: 'DELETED', CurrentState: 'DELETING' }
}

async function change(
  deps: PipesDeps,
  call: Call,
  name = '',
  changed: (before: Pipe) => Pipe,
): Promise<Pipe> {
  return deps.store.change(async (editor) => {
    const before = await editor.find(call, name)
    if (before === undefined) throw pipeNotFound(name)
    const after = { ...changed(before), modifiedAt: deps.clock.now() }
    await editor.save(call, after)
    await tell(deps, editor, call, name)
    return after
  })
}

function updated(before: Pipe, input: Input<Client, 'UpdatePipe'>): Pipe {
  const { enrichment: formerly, ...rest } = before
  const enrichment = input.Enrichment ?? formerly
  const target = input.Target ?? before.target
  const kept =
    target === before.target ? before.targetParameters : parametersFor(target, before.targetParameters)
  return {
    ...rest,
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.DesiredState !== undefined && { isRunning: input.DesiredState === 'RUNNING' }),
    ...(enrichment && { enrichment }),
    target,
    sourceParameters: { ...before.sourceParameters, ...input.SourceParameters } as Pipe['sourceParameters'],
    enrichmentParameters: enrichment ? { ...before.enrichmentParameters, ...input.EnrichmentParameters } : {},
    targetParameters: { ...kept, ...input.TargetParameters },
    roleArn: input.RoleArn ?? before.roleArn,
  }
}

function tell({ changes }: PipesDeps, editor: PipesEditor, call: Call, name: string): Promise<void> {
  return changes.publish(PIPE_CHANGED, pipeArn(call, name), editor.transaction)
}
