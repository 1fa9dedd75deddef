import { pageOf, pageStart } from '../../../aws/pages.ts'
import type { Output } from '../../../aws/sdk-types.ts'
import type { PipesOperation } from '../deps.ts'
import { invalidNextToken, pipeNotFound } from '../errors.ts'
import { BATCH_SIZE_DEFAULT, type Pipe, pipeArn, type Scope } from '../pipe.ts'

type Client = typeof import('@aws-sdk/client-pipes')

export const describePipe: PipesOperation<'DescribePipe'> = async ({ store }, input, call) => {
  const { Name: name = '' } = input
  const pipe = await store.find(call, name)
  if (pipe === undefined) throw pipeNotFound(name)
  return shown(call, pipe)
}

export const listPipes: PipesOperation<'ListPipes'> = async ({ store }, input, call) => {
  const { limit, after } = pageStart(input, invalidNextToken)
  const found: Pipe[] = []
  let last = after
  // Of pages that the filters empty the next ones are read, until this one is full.
  for (;;) {
    const page = await store.list(call, {
      limit: limit + 1,
      ...(input.NamePrefix !== undefined && { prefix: input.NamePrefix }),
      ...(last !== undefined && { after: last }),
    })
    found.push(...page.filter((pipe) => isWanted(pipe, input)))
    last = page.at(-1)?.name
    if (page.length <= limit || found.length > limit) break
  }
  const { shown: page, rest } = pageOf(found, limit, ({ name }) => name)
  return { Pipes: page.map((pipe) => summary(call, pipe)), ...rest }
}

interface Wanted {
  readonly DesiredState?: string | undefined
  readonly CurrentState?: string | undefined
  readonly SourcePrefix?: string | undefined
  readonly TargetPrefix?: string | undefined
}

function isWanted(pipe: Pipe, { DesiredState, CurrentState, SourcePrefix = '', TargetPrefix = '' }: Wanted) {
  const state = stateOf(pipe)
  return (
    (DesiredState ?? state) === state &&
    (CurrentState ?? state) === state &&
    pipe.source.startsWith(SourcePrefix) &&
    pipe.target.startsWith(TargetPrefix)
  )
}

function shown(call: Scope, pipe: Pipe): Output<Client, 'DescribePipe'> {
  const { description, enrichment, enrichmentParameters, sourceParameters, targetParameters } = pipe
  return {
    ...summary(call, pipe),
    ...(description !== undefined && { Description: description }),
    SourceParameters: {
      ...sourceParameters,
      SqsQueueParameters: { BatchSize: BATCH_SIZE_DEFAULT, ...sourceParameters.SqsQueueParameters },
    },
    ...(enrichment !== undefined && { EnrichmentParameters: enrichmentParameters }),
    TargetParameters: targetParameters,
    RoleArn: pipe.roleArn,
    Tags: pipe.tags,
  }
}

function summary(call: Scope, pipe: Pipe) {
  return {
    ...identity(call, pipe),
    CurrentState: stateOf(pipe),
    Source: pipe.source,
    Target: pipe.target,
    ...(pipe.enrichment !== undefined && { Enrichment: pipe.enrichment }),
  }
}

/** What answers to all operations have. */
export function identity(call: Scope, pipe: Pipe) {
  return {
    Arn: pipeArn(call, pipe.name),
    Name: pipe.name,
    DesiredState: stateOf(pipe),
    CreationTime: new Date(pipe.createdAt),
    LastModifiedTime: new Date(pipe.modifiedAt),
  }
}

/** What is wanted is so at once: pipes are not seen on their way. */
function stateOf({ isRunning }: Pipe): 'RUNNING' | 'STOPPED' {
  return isRunning ? 'RUNNING' : 'STOPPED'
}
