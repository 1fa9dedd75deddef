import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Destination } from './directory.ts'
import { DirectoryCache } from './directory-cache.ts'

const scope = { accountId: '123456789012', region: 'us-east-1' }
const destination = {} as Destination

test('of very many names those that were used last are kept', () => {
  const cache = new DirectoryCache()
  for (let i = 0; i <= 10_000; i++) {
    remember(cache, `f${i}`)
    cache.find(scope, 'f0', undefined)
  }
  assert.ok(cache.find(scope, 'f0', undefined))
  assert.ok(cache.find(scope, 'f10000', undefined))
  assert.equal(cache.find(scope, 'f1', undefined), undefined)
})

test('with a function go all its names, and no other', () => {
  const cache = new DirectoryCache()
  remember(cache, 'f')
  remember(cache, 'f', 'live')
  remember(cache, 'g')
  cache.forget({ ...scope, name: 'f' })
  assert.equal(cache.find(scope, 'f', undefined), undefined)
  assert.equal(cache.find(scope, 'f', 'live'), undefined)
  assert.ok(cache.find(scope, 'g', undefined))
  cache.forgetAll()
  assert.equal(cache.find(scope, 'g', undefined), undefined)
})

test('a name in one region is not that of another', () => {
  const cache = new DirectoryCache()
  remember(cache, 'f')
  assert.equal(cache.find({ ...scope, region: 'us-east-2' }, 'f', undefined), undefined)
})

function remember(cache: DirectoryCache, name: string, qualifier?: string): void {
  const asked = { scope, functionName: name, qualifier }
  cache.remember(asked, { ...scope, name }, destination, cache.generation)
}
