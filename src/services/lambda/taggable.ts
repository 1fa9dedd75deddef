import { parseArn } from '../../aws/arn.ts'
import { readProvider } from './capacity/config.ts'
import { providerNotFound } from './capacity/errors.ts'
import { changeFunction } from './change.ts'
import type { LambdaDeps } from './deps.ts'
import { invalidParameter, resourceNotFound } from './errors.ts'
import { findFunction } from './find.ts'
import type { Scope } from './function.ts'
import { readFunctionName } from './function-name.ts'
import { idOfArn } from './signing/config.ts'

type Tags = Readonly<Record<string, string>>

/** Something that has tags. Each throws where it is not there. */
export interface Taggable {
  read(): Promise<Tags>
  change(work: (tags: Tags) => Tags): Promise<void>
}

type Deps = Pick<LambdaDeps, 'functions' | 'mappings' | 'codeSigning' | 'capacity'>

/** What an ARN names, of all that has tags. */
export function findTaggable(deps: Deps, arn: string, scope: Scope): Taggable {
  const [kind, id = ''] = parseArn(arn)?.resource.split(':') ?? []
  if (kind === 'event-source-mapping') return ofMapping(deps, arn, id, scope)
  if (kind === 'code-signing-config') return ofCodeSigning(deps, arn, scope)
  if (kind === 'capacity-provider') return ofProvider(deps, arn, scope)
  return ofFunction(deps, arn, scope)
}

function ofFunction(deps: Deps, arn: string, scope: Scope): Taggable {
  const { key, qualifier } = readFunctionName(arn, scope)
  if (qualifier !== undefined) throw functionsOnly()
  return {
    read: async () => (await findFunction(deps, key)).tags,
    change: (work) =>
      changeFunction(deps, key, ({ fn, head }) => fn.save({ ...head, tags: work(head.tags) })),
  }
}

function ofMapping({ mappings }: Deps, arn: string, uuid: string, { accountId, region }: Scope): Taggable {
  const isHere = parseArn(arn)?.accountId === accountId && parseArn(arn)?.region === region
  const key = { accountId, region, uuid: isHere ? uuid : '' }
  const found = <Found>(mapping: Found | undefined): Found => {
    if (mapping === undefined) throw resourceNotFound(`Event source mapping not found: ${arn}`)
    return mapping
  }
  return {
    read: async () => found(await mappings.find(key)).tags,
    change: async (work) => {
      found(await mappings.change(key, (mapping) => ({ ...mapping, tags: work(mapping.tags) })))
    },
  }
}

function ofProvider({ capacity }: Deps, arn: string, { accountId, region }: Scope): Taggable {
  const key = { accountId, region, name: readProvider(arn, { accountId, region }) }
  const found = <Found>(provider: Found | undefined): Found => {
    if (provider === undefined) throw providerNotFound(arn)
    return provider
  }
  return {
    read: async () => found(await capacity.find(key)).tags,
    change: async (work) => {
      found(await capacity.change(key, (provider) => ({ ...provider, tags: work(provider.tags) })))
    },
  }
}

function ofCodeSigning({ codeSigning }: Deps, arn: string, scope: Scope): Taggable {
  const key = { accountId: scope.accountId, region: scope.region, id: idOfArn(arn, scope) }
  const found = <Found>(config: Found | undefined): Found => {
    if (config === undefined) throw noCodeSigningConfig(arn)
    return config
  }
  return {
    read: async () => found(await codeSigning.find(key)).tags,
    change: async (work) => {
      found(await codeSigning.change(key, (config) => ({ ...config, tags: work(config.tags) })))
    },
  }
}

function noCodeSigningConfig(arn: string) {
  return resourceNotFound(`The Lambda code signing configuration ${arn} can not be found.`)
}

function functionsOnly() {
  return invalidParameter(
    'Tags on function aliases and versions are not supported. Please specify a function ARN.',
  )
}
