import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePostgresUrl } from './postgres-settings.ts'

test('the schema is lambdad unless the URL names another', () => {
  assert.equal(parsePostgresUrl('postgres://h/db').schema, 'lambdad')
  assert.equal(parsePostgresUrl('postgresql://h/db?schema=staging&sslmode=disable').schema, 'staging')
})

test('our own parameters do not reach the server as libpq’s', () => {
  const { client } = parsePostgresUrl('postgres://u:p@h:5/db?schema=s&application_name=mine&sslmode=disable')
  assert.equal(client.connectionString, 'postgres://u:p@h:5/db?sslmode=disable')
  assert.equal(client.application_name, 'mine')
  assert.match(client.options ?? '', /search_path=s$/)
})

test('the place that messages name has no password', () => {
  assert.equal(parsePostgresUrl('postgres://u:secret@h/db').place, 'postgres://u@h/db')
})

test('what is no PostgreSQL URL is refused without repeating it: it may hold a password', () => {
  for (const text of ['mysql://u:secret@h/db', 'u:secret@h', '', 'postgres//u:secret@h']) {
    assert.throws(
      () => parsePostgresUrl(text),
      (error: Error & { code?: string }) => error.code === 'BadSetting' && !error.message.includes('secret'),
    )
  }
})

test('a schema is a plain lower-case name, so that it needs no quoting', () => {
  for (const schema of ['Upper', 'a-b', 'a;drop', '1a', '', 'a'.repeat(64)]) {
    assert.throws(() => parsePostgresUrl(`postgres://h/db?schema=${encodeURIComponent(schema)}`), {
      code: 'BadSetting',
    })
  }
})
