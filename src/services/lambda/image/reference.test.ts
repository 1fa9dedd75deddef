import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readImageUri } from './reference.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

test('files, folders and registries are told apart', () => {
  const local = (kind: string, path: string, tag?: string) => ({ kind, path, tag })
  const registry = (host: string, repository: string, reference: string) => ({
    kind: 'registry',
    host,
    repository,
    reference,
  })
  const cases = {
    'oci:/a/b': local('layout', '/a/b'),
    'oci:/a/b:v1': local('layout', '/a/b', 'v1'),
    'oci:/with:colon/b': local('layout', '/with:colon/b'),
    'oci-archive:/a.tar:v1': local('archive', '/a.tar', 'v1'),
    'docker-archive:/a.tar': local('archive', '/a.tar'),
    'file:///a%20b.tar': local('archive', '/a b.tar'),
    'localhost/a': registry('localhost', 'a', 'latest'),
    'localhost:5000/a/b-c:v1.0': registry('localhost:5000', 'a/b-c', 'v1.0'),
    [`123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app@${DIGEST}`]: registry(
      '123456789012.dkr.ecr.us-east-1.amazonaws.com',
      'team/app',
      DIGEST,
    ),
    [`[::1]:5000/a:tag@${DIGEST}`]: registry('[::1]:5000', 'a', DIGEST),
  }
  for (const [uri, reference] of Object.entries(cases)) assert.deepEqual(readImageUri(uri), reference, uri)
})

test('what is none of these is undefined', () => {
  const wrong = [
    '',
    'a',
    'a/b',
    'oci:a',
    'oci:/a:',
    'oci:/a:b c',
    'file://host/a',
    'file:///%zz',
    'host.com/',
  ]
  const worse = ['host.com/A', 'host.com/a//b', 'host.com/../b', 'host.com/a:', 'host.com/a@x', 'ho st.com/a']
  const path = [
    'host.com:port/a',
    'host.com/a?b',
    'host.com/a#b',
    'user@host.com/a',
    `oci:/${'a'.repeat(5000)}`,
    'oci:/a\0',
  ]
  for (const uri of [...wrong, ...worse, ...path]) assert.equal(readImageUri(uri), undefined, uri)
})
