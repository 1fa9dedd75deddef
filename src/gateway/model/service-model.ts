import type { ServiceDefinition } from '../../aws/service.ts'
import { compileHttpRule, type HttpRule } from './http-rule.ts'
import { ERROR, OPERATION, type OperationTuple, type Schema, schemaOf, traitsOf } from './schema.ts'
import { type Shape, shapeOf } from './shape.ts'

/** One operation of a service, as its model describes it. */
export interface OperationModel {
  readonly name: string
  readonly input: Shape
  readonly output: Shape
  /** Absent in RPC services. */
  readonly http: HttpRule | undefined
}

/** What a service's SDK client tells of its wire: derived once, when the service is first called. */
export interface ServiceModel {
  readonly definition: ServiceDefinition
  readonly operations: ReadonlyMap<string, OperationModel>
  /** Operations of a REST service by method, the most particular path first. */
  readonly routes: ReadonlyMap<string, readonly (OperationModel & { readonly http: HttpRule })[]>
  /** Error structures, by name and by the code that the Query protocol gives them. */
  readonly errors: ReadonlyMap<string, Schema>
}

export async function loadServiceModel(definition: ServiceDefinition): Promise<ServiceModel> {
  const client = await definition.loadClient()
  const schemas = Object.entries(client)
    .filter(([name, value]) => name.endsWith('$') && Array.isArray(value))
    .map(([, value]) => value as unknown[])

  const operations = new Map<string, OperationModel>()
  for (const schema of schemas.filter(([kind]) => kind === OPERATION)) {
    const operation = operationOf(schema as unknown as OperationTuple, definition)
    operations.set(operation.name, operation)
  }
  const errors = errorsOf(schemas.filter(([kind]) => kind === ERROR))
  return { definition, operations, routes: routesOf([...operations.values()]), errors }
}

function operationOf(tuple: OperationTuple, definition: ServiceDefinition): OperationModel {
  const [, , name, traits, inputReference, outputReference] = tuple
  const input = shapeOf(inputReference, 'request')
  const http = typeof traits === 'object' ? traits.http : undefined
  return {
    name,
    input,
    output: shapeOf(outputReference, 'response'),
    http: http && compileHttpRule(http, input, definition.id),
  }
}

function routesOf(operations: OperationModel[]): ServiceModel['routes'] {
  const rest = operations.filter((operation) => operation.http !== undefined) as (OperationModel & {
    http: HttpRule
  })[]
  return Map.groupBy(
    rest.sort((a, b) => b.http.weight - a.http.weight),
    ({ http }) => http.method,
  )
}

/** A name wins over a code: CloudWatch has two errors with the code `ResourceNotFound`. */
function errorsOf(tuples: unknown[][]): Map<string, Schema> {
  const errors = new Map<string, Schema>()
  for (const tuple of tuples) errors.set(tuple[2] as string, schemaOf(tuple))
  for (const tuple of tuples) {
    const schema = schemaOf(tuple)
    const code = traitsOf(schema).awsQueryError?.[0]
    if (code !== undefined && !errors.has(code)) errors.set(code, schema)
  }
  return errors
}
