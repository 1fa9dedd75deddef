import type { BoundOperation } from '../aws/operation.ts'
import type { Service, ServiceDefinition } from '../aws/service.ts'
import type { WebAccess } from '../aws/web-access.ts'
import { loadServiceModel, type ServiceModel } from './model/service-model.ts'
import { loadConstraints } from './validation/constraints.ts'
import { Validator } from './validation/validator.ts'

/** A service that has been called: its schemas and constraints are in memory. */
export interface LoadedService {
  readonly model: ServiceModel
  readonly validator: Validator
  /** Those of the model's operations that we answer. */
  readonly operations: Readonly<Record<string, BoundOperation>>
  readonly webAccess: WebAccess | undefined
}

/**
 * The services that the gateway knows: found by how a request names them, loaded when first called, because
 * each costs up to 75 ms and a few megabytes.
 */
export class ServiceDirectory {
  readonly #definitions: readonly ServiceDefinition[]
  readonly #byTarget: ReadonlyMap<string, ServiceDefinition>
  readonly #bySigningName: ReadonlyMap<string, readonly ServiceDefinition[]>
  readonly #services: ReadonlyMap<string, Service>
  readonly #loaded = new Map<string, LoadedService>()
  readonly #loading = new Map<string, Promise<LoadedService>>()

  constructor(definitions: readonly ServiceDefinition[], services: readonly Service[]) {
    this.#definitions = definitions
    this.#byTarget = new Map(
      definitions.flatMap((definition) =>
        definition.targetPrefix === undefined ? [] : [[definition.targetPrefix, definition]],
      ),
    )
    this.#bySigningName = bySigningName(definitions)
    this.#services = new Map(services.map((service) => [service.definition.id, service]))
    for (const { definition } of services) this.#expectKnown(definition)
  }

  /** By an `X-Amz-Target` prefix, or the service name of an rpcv2Cbor path. */
  withTarget(prefix: string): ServiceDefinition | undefined {
    return this.#byTarget.get(prefix)
  }

  /** By the service name of a credential scope; several share `apigateway` and `dynamodb`. */
  withSigningName(name: string): readonly ServiceDefinition[] {
    return this.#bySigningName.get(name) ?? []
  }

  withQueryVersion(version: string | undefined): ServiceDefinition | undefined {
    return this.#definitions.find(
      ({ queryVersion }) => queryVersion !== undefined && queryVersion === version,
    )
  }

  withId(id: string): ServiceDefinition | undefined {
    return this.#definitions.find((definition) => definition.id === id)
  }

  /** The service if it has been loaded, so that a warm call need not wait for a promise. */
  loaded(definition: ServiceDefinition): LoadedService | undefined {
    return this.#loaded.get(definition.id)
  }

  load(definition: ServiceDefinition): Promise<LoadedService> {
    let loading = this.#loading.get(definition.id)
    if (loading === undefined) {
      loading = this.#load(definition)
      this.#loading.set(definition.id, loading)
      // What failed to load, for want of a file descriptor or so, is tried again by the next call.
      loading.catch(() => this.#loading.delete(definition.id))
    }
    return loading
  }

  async #load(definition: ServiceDefinition): Promise<LoadedService> {
    const { operations: given = {}, webAccess: ofPages } = this.#services.get(definition.id) ?? {}
    const [model, constraints, operations, webAccess] = await Promise.all([
      loadServiceModel(definition),
      loadConstraints(definition),
      typeof given === 'function' ? given() : given,
      ofPages?.(),
    ])
    const orphans = Object.keys(operations).filter((name) => !model.operations.has(name))
    if (orphans.length > 0) throw new Error(`${definition.id} has no operations ${orphans.join(', ')}`)
    const service = { model, validator: new Validator(definition, constraints), operations, webAccess }
    this.#loaded.set(definition.id, service)
    return service
  }

  #expectKnown(definition: ServiceDefinition): void {
    if (this.#definitions.includes(definition)) return
    throw new Error(`the service ${definition.id} is not among the definitions`)
  }
}

function bySigningName(definitions: readonly ServiceDefinition[]): Map<string, ServiceDefinition[]> {
  const found = new Map<string, ServiceDefinition[]>()
  for (const definition of definitions) {
    for (const name of definition.signingNames) found.set(name, [...(found.get(name) ?? []), definition])
  }
  return found
}
