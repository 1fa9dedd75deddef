import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { until } from '../testing.ts'
import { given, invocation, turns } from './testing.ts'

// An environment comes to rest, to be frozen soon, when what listens to it has what was told.

test('an environment rests when its subscribers have taken what was told', async (t) => {
  const { scripted, subscribed, posts } = await listening(t)
  await subscribed()
  await until(() => posts.length === 1)
  await turns()
  assert.equal(scripted.rests, 0)

  posts[0]?.end()

  await until(() => scripted.rests === 1)
})

test('a subscriber that takes longer than half a second is not waited for', async (t) => {
  const { scripted, subscribed, posts, clock } = await listening(t)
  await subscribed()
  await until(() => posts.length === 1)
  await clock.advance(499)
  assert.equal(scripted.rests, 0)

  await clock.advance(1)

  assert.equal(scripted.rests, 1)
})

test('an invocation that comes meanwhile finds it awake, and is not frozen by what was put off', async (t) => {
  const { environment, scripted, subscribed, posts, clock } = await listening(t)
  await subscribed()
  await until(() => posts.length === 1)
  const outcome = environment.invoke(invocation('r1'))
  posts[0]?.end()
  await clock.advance(1000)
  await turns()
  assert.equal(scripted.rests, 0)
  scripted.answer('r1')
  assert.equal((await outcome).kind, 'success')
})

test('without subscribers it rests at once', async () => {
  const { scripted } = await given(['a'])
  scripted.register('a', ['SHUTDOWN'])
  await scripted.allReady()

  assert.equal(scripted.rests, 1)
})

/** An environment with an extension that subscribes to a server, whose answers are the test's. */
async function listening(t: TestContext) {
  const posts: ServerResponse[] = []
  const server = createServer((request, response) => {
    request.resume()
    posts.push(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const all = await given(['a'])
  const { scripted } = all
  scripted.listener = (server.address() as AddressInfo).port
  const subscribed = async () => {
    const a = scripted.register('a', ['SHUTDOWN'])
    const destination = { protocol: 'HTTP', URI: 'http://sandbox.localdomain:8080' }
    const body = JSON.stringify({ schemaVersion: '2022-12-13', types: ['platform'], destination })
    const reply = scripted.call('PUT /2022-07-01/telemetry', `Lambda-Extension-Identifier: ${a.id}`, body)
    assert.ok(typeof reply === 'object' && 'text' in reply)
    await scripted.allReady()
  }
  return { ...all, posts, subscribed }
}
