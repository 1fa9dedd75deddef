import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { ServiceDefinition } from '../aws/service.ts'
import { definitions } from './definitions.ts'

const all: [string, ServiceDefinition][] = Object.entries(definitions)

/** `[kind, namespace, name, …]`: the schemas that a client exports. */
async function schemasOf(definition: ServiceDefinition): Promise<unknown[][]> {
  const client = await definition.loadClient()
  return Object.values(client).filter((value) => Array.isArray(value))
}

test('each service stands under its own id, which is its client package', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const packages = Object.keys(dependencies).filter((name) => name.startsWith('@aws-sdk/client-'))
  assert.deepEqual(all.map(([id]) => `@aws-sdk/client-${id}`).sort(), packages.sort())
  for (const [id, definition] of all) assert.equal(definition.id, id)
})

test('each namespace is the one of its client', async () => {
  for (const [, definition] of all) {
    const operations = (await schemasOf(definition)).filter(([kind]) => kind === 9)
    assert.ok(operations.length > 0)
    assert.ok(operations.every(([, namespace]) => namespace === definition.namespace))
  }
})

test('constraints are those of structures and members that the client has', async () => {
  // Members of operations that S3 has given up.
  const gone =
    /^s3: (CloudFunctionConfiguration|Put\w+Request|QueueConfigurationDeprecated|Rule|TopicConfig\w+)$/
  const unknown: string[] = []
  for (const [id, definition] of all) {
    const file = new URL(`../../data/constraints/${definition.constraints}.json`, import.meta.url)
    assert.ok(existsSync(file), id)
    const { structures } = JSON.parse(readFileSync(file, 'utf8')) as { structures: Record<string, object> }
    const members = new Map((await schemasOf(definition)).map((schema) => [schema[2], schema[4] as string[]]))
    for (const [name, constraints] of Object.entries(structures)) {
      const known = members.get(name)
      if (known === undefined || Object.keys(constraints).some((member) => !known.includes(member))) {
        unknown.push(`${id}: ${name}`)
      }
    }
  }
  assert.deepEqual(
    unknown.filter((name) => !gone.test(name)),
    [],
  )
})

test('no two services can be meant by the same target, or by the same Query version', () => {
  const targets = all.flatMap(([, { targetPrefix }]) => targetPrefix ?? [])
  const versions = all.flatMap(([, { queryVersion }]) => queryVersion ?? [])
  assert.equal(new Set(targets).size, targets.length)
  assert.equal(new Set(versions).size, versions.length)
})

test('services that share a signing name differ by path or by target', () => {
  const bySigningName = Map.groupBy(
    all.map(([, definition]) => definition),
    ({ signingNames }) => signingNames[0],
  )
  for (const [, sharing] of bySigningName) {
    if (sharing.length === 1) continue
    assert.ok(sharing.every(({ path, targetPrefix }) => path !== undefined || targetPrefix !== undefined))
  }
})
