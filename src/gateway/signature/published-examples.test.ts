import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalPath, canonicalQuery } from './canonical-request.ts'
import { deriveSigningKey } from './signing-key.ts'
import { accessKeyId, refusal, type Sent, services, verify } from './testing.ts'

// AWS's own examples: S3 API Reference, "Authenticating Requests (AWS Signature Version 4)"; IAM User Guide; and
// the signature test suite that AWS used to publish.

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

function s3(method: string, url: string, signature: string, headers: Record<string, string> = {}): Sent {
  const all: Record<string, string> = {
    'x-amz-date': '20130524T000000Z',
    'x-amz-content-sha256': EMPTY,
    ...headers,
  }
  const signed = ['host', ...Object.keys(all)].sort().join(';')
  return {
    method,
    url: `https://examplebucket.s3.amazonaws.com${url}`,
    headers: {
      ...all,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signed},Signature=${signature}`,
    },
  }
}

describe('the published examples of S3', () => {
  test('GET object, with a range', async () => {
    const signature = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'
    const caller = await verify(services.s3, s3('GET', '/test.txt', signature, { range: 'bytes=0-9' }))
    assert.equal(caller.region, 'us-east-1')
    assert.equal(caller.accountId, '123456789012')
  })

  test('PUT object, with a key that is percent-encoded and a body', async () => {
    const sent = s3(
      'PUT',
      '/test%24file.text',
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
      {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      },
    )
    await verify(services.s3, { ...sent, body: 'Welcome to Amazon S3.' })
    // The same key, encoded as another client might.
    await verify(services.s3, {
      ...sent,
      url: sent.url.replace('%24', '$'),
      body: 'Welcome to Amazon S3.',
    })
  })

  test('GET a bucket’s lifecycle, a parameter without a value', async () => {
    const signature = 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'
    await verify(services.s3, s3('GET', '/?lifecycle', signature))
  })

  test('list objects, whose parameters are sorted', async () => {
    const signature = '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'
    await verify(services.s3, s3('GET', '/?prefix=J&max-keys=2', signature))
  })

  test('a presigned URL, until it expires', async () => {
    const sent = {
      method: 'GET',
      url: `https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${accessKeyId}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
      headers: {},
    }
    await verify(services.s3, sent, { now: '20130525T000000Z' })
    const { code, error } = await refusal(verify(services.s3, sent, { now: '20130525T000001Z' }))
    assert.equal(code, '403 AccessDenied')
    assert.equal(error.message, 'Request has expired')
    assert.deepEqual(error.members, {
      'X-Amz-Expires': '86400',
      Expires: '2013-05-25T00:00:00Z',
      ServerTime: '2013-05-25T00:00:01Z',
    })
  })
})

const chunked = s3(
  'PUT',
  '/examplebucket/chunkObject.txt',
  '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  {
    'content-encoding': 'aws-chunked',
    'content-length': '66824',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'x-amz-decoded-content-length': '66560',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  },
)
const chunkedUpload: Sent = {
  ...chunked,
  url: 'https://s3.amazonaws.com/examplebucket/chunkObject.txt',
  body: [
    `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${'a'.repeat(65_536)}\r\n`,
    `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${'a'.repeat(1_024)}\r\n`,
    '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
  ].join(''),
}

describe('the published example of a body that is signed in chunks', () => {
  test('is verified and decoded', async () => {
    const { decoded } = await verify(services.s3, chunkedUpload)
    assert.equal(decoded.toString(), 'a'.repeat(66_560))
  })

  const tampered: Record<string, (body: string) => string> = {
    'a byte of a chunk': (body) => body.replace(/a\r\n400/, 'b\r\n400'),
    'a chunk’s signature': (body) => body.replace('0055627c', '1055627c'),
    'the closing chunk’s signature': (body) => body.replace('b6c6ea8a', 'c6c6ea8a'),
    'a signature left out': (body) => body.replace(/400;chunk-signature=[0-9a-f]+/, '400'),
  }
  for (const [what, change] of Object.entries(tampered)) {
    test(`is refused with ${what} changed`, async () => {
      const { code } = await refusal(
        verify(services.s3, { ...chunkedUpload, body: change(String(chunkedUpload.body)) }),
      )
      assert.equal(code, '403 SignatureDoesNotMatch')
    })
  }

  test('is refused where a chunk is missing, though the others are right', async () => {
    const body = String(chunkedUpload.body).split('400;')[0] ?? ''
    const { code } = await refusal(verify(services.s3, { ...chunkedUpload, body }))
    assert.equal(code, '400 IncompleteBody')
  })

  test('is refused where it does not say how long the object is', async () => {
    const { 'x-amz-decoded-content-length': _, ...headers } = chunkedUpload.headers
    const { code } = await refusal(verify(services.s3, { ...chunkedUpload, headers }))
    // The header is part of the signature.
    assert.equal(code, '403 SignatureDoesNotMatch')
  })
})

describe('the published example of signed trailers', () => {
  const signed = s3(
    'PUT',
    '/examplebucket/chunkObject.txt',
    '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    {
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '66560',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-trailer': 'x-amz-checksum-crc32c',
    },
  )
  const chunks = [
    `10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n${'a'.repeat(65_536)}\r\n`,
    `400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n${'a'.repeat(1_024)}\r\n`,
    '0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n',
  ].join('')
  const checksum = 'x-amz-checksum-crc32c:sOO8/Q==\r\n'
  const trailerSignature =
    'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n'
  const upload = { ...signed, url: 'https://s3.amazonaws.com/examplebucket/chunkObject.txt' }

  test('is verified', async () => {
    await verify(services.s3, { ...upload, body: `${chunks}${checksum}${trailerSignature}\r\n` })
  })

  test('is refused where a trailer was changed, or its signature left out', async () => {
    for (const trailers of [`x-amz-checksum-crc32c:AAAAAA==\r\n${trailerSignature}`, checksum]) {
      const { code } = await refusal(verify(services.s3, { ...upload, body: `${chunks}${trailers}\r\n` }))
      assert.equal(code, '403 SignatureDoesNotMatch')
    }
  })

  test('is refused where the trailers were cut off', async () => {
    const { code } = await refusal(verify(services.s3, { ...upload, body: `${chunks}\r\n` }))
    assert.equal(code, '400 IncompleteBody')
  })
})

describe('the published examples for other services', () => {
  const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'

  test('a signing key', () => {
    const scope = { date: '20150830', region: 'us-east-1', service: 'iam' }
    assert.equal(
      deriveSigningKey(secretAccessKey, scope).toString('hex'),
      'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
    )
  })

  test('IAM’s ListUsers', async () => {
    await verify(
      services.iam,
      {
        method: 'GET',
        url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
        headers: {
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
          'x-amz-date': '20150830T123600Z',
          authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7`,
        },
      },
      { key: { secretAccessKey } },
    )
  })

  test('the test suite’s simplest request', async () => {
    await verify(
      services.service,
      {
        method: 'GET',
        url: 'https://example.amazonaws.com/',
        headers: {
          'x-amz-date': '20150830T123600Z',
          authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31`,
        },
      },
      { key: { secretAccessKey } },
    )
  })

  test('the test suite’s paths', () => {
    const paths: [path: string, canonical: string][] = [
      ['/', '/'],
      ['', '/'],
      ['/example/..', '/'],
      ['/example1/example2/../..', '/'],
      ['/./', '/'],
      ['/./example', '/example'],
      ['//', '/'],
      ['//example//', '/example/'],
      ['/../../x', '/x'],
      ['/example%20space/', '/example%2520space/'],
      [
        '/2015-03-31/functions/arn%3Aaws%3Af/invocations',
        '/2015-03-31/functions/arn%253Aaws%253Af/invocations',
      ],
    ]
    for (const [path, canonical] of paths) assert.equal(canonicalPath(path), canonical, path)
  })

  test('the test suite’s queries', () => {
    const queries: [search: string, canonical: string][] = [
      ['Param2=value2&Param1=value1', 'Param1=value1&Param2=value2'],
      ['Param1=value2&Param1=value1', 'Param1=value1&Param1=value2'],
      ['b&a=', 'a=&b='],
      ['a=b+c&&d=%e1%88%b4', 'a=b%20c&d=%E1%88%B4'],
      ['p=a%2Bb%7E!', 'p=a%2Bb~%21'],
      ['A=1&a=2&X-Amz-Signature=zz', 'A=1&a=2'],
    ]
    for (const [search, canonical] of queries) assert.equal(canonicalQuery(search), canonical, search)
  })
})
