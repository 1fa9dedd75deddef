import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalRequest } from './canonical-request.ts'
import { deriveSigningKey, hmac, SigningKeys, sha256Hex } from './signing-key.ts'
import { accessKeyId, received, refusal, type Sent, secretAccessKey, services, verify } from './testing.ts'

type Name = 'lambda' | 'sqs' | 'iam' | 's3'

const NOW = '20261121T120000Z'
const BODY = 'hello'

interface Options {
  timestamp?: string
  credential?: string
  signedHeaders?: string
  headers?: Record<string, string>
  authorization?: string
}

/** A request that is right in every part but those that are given. */
function signed(name: Name, options: Options = {}): Sent {
  const { timestamp = NOW, credential } = options
  const headers: Record<string, string> = {
    host: 'h',
    'x-amz-date': timestamp,
    ...(name === 's3' ? { 'x-amz-content-sha256': sha256Hex(BODY) } : {}),
    ...options.headers,
  }
  const signedHeaders = (options.signedHeaders ?? Object.keys(headers).sort().join(';')).split(';')
  const scope = (
    credential ?? `${accessKeyId}/${timestamp.slice(0, 8)}/eu-west-1/${name}/aws4_request`
  ).split('/')
  const [, date = '', region = '', service = ''] = scope
  const canonical = canonicalRequest({
    method: 'POST',
    path: '/p',
    search: 'q=1',
    headers,
    signedHeaders,
    payloadHash: headers['x-amz-content-sha256'] ?? sha256Hex(BODY),
    s3: name === 's3',
  })
  const stringToSign = ['AWS4-HMAC-SHA256', timestamp, scope.slice(1).join('/'), sha256Hex(canonical)].join(
    '\n',
  )
  const signature = hmac(deriveSigningKey(secretAccessKey, { date, region, service }), stringToSign)
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope.join('/')}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature.toString('hex')}`
  return {
    method: 'POST',
    url: '/p?q=1',
    headers: { ...headers, authorization: options.authorization ?? authorization },
    body: BODY,
  }
}

const send = (name: Name, sent: Sent) => verify(services[name], sent, { now: NOW })
const refused = async (name: Name, sent: Sent) => refusal(send(name, sent))

function without(sent: Sent, header: string): Sent {
  const { [header]: _, ...headers } = sent.headers
  return { ...sent, headers }
}

const NAMES: readonly Name[] = ['lambda', 'sqs', 'iam', 's3']

test('what is signed well is believed by every family of services', async () => {
  for (const name of NAMES) assert.equal((await send(name, signed(name))).region, 'eu-west-1', name)
})

test('the signature covers method, path, query, headers and body', async () => {
  const changes: Record<string, (sent: Sent) => Sent> = {
    method: (sent) => ({ ...sent, method: 'PUT' }),
    path: (sent) => ({ ...sent, url: '/other?q=1' }),
    query: (sent) => ({ ...sent, url: '/p?q=2' }),
    'a parameter more': (sent) => ({ ...sent, url: '/p?q=1&r=2' }),
    host: (sent) => ({ ...sent, headers: { ...sent.headers, host: 'elsewhere' } }),
    date: (sent) => ({ ...sent, headers: { ...sent.headers, 'x-amz-date': '20261121T120001Z' } }),
  }
  const codes = {
    lambda: '403 InvalidSignatureException',
    sqs: '400 InvalidSignatureException',
    iam: '403 SignatureDoesNotMatch',
    s3: '403 SignatureDoesNotMatch',
  }
  for (const name of NAMES) {
    for (const [what, change] of Object.entries(changes))
      assert.equal((await refused(name, change(signed(name)))).code, codes[name], `${name}: ${what}`)
    const body = await refused(name, { ...signed(name), body: 'jello' })
    assert.equal(body.code, name === 's3' ? '400 XAmzContentSHA256Mismatch' : codes[name], `${name}: body`)
  }
})

test('each of the signature’s digits counts', async () => {
  const sent = signed('lambda')
  const authorization = sent.headers.authorization ?? ''
  for (const place of [1, 32, 63, 64]) {
    const at = authorization.length - place
    const digit = authorization[at] === '0' ? '1' : '0'
    const changed = authorization.slice(0, at) + digit + authorization.slice(at + 1)
    const { code } = await refused('lambda', {
      ...sent,
      headers: { ...sent.headers, authorization: changed },
    })
    assert.equal(code, '403 InvalidSignatureException')
  }
})

describe('each family of services refuses in its own words', () => {
  const cases: [what: string, make: (name: Name) => Sent, expected: Record<Name, string>][] = [
    [
      'nothing is signed',
      (name) => without(signed(name), 'authorization'),
      {
        lambda: '403 MissingAuthenticationTokenException: Missing Authentication Token',
        sqs: '400 MissingAuthenticationTokenException: Request is missing Authentication Token',
        iam: '403 MissingAuthenticationToken: Request is missing Authentication Token',
        s3: '403 AccessDenied: Access Denied',
      },
    ],
    [
      'the access key is not known',
      (name) => signed(name, { credential: `AKIAUNKNOWN/20261121/eu-west-1/${name}/aws4_request` }),
      {
        lambda: '403 UnrecognizedClientException: The security token included in the request is invalid.',
        sqs: '400 UnrecognizedClientException: The security token included in the request is invalid.',
        iam: '403 InvalidClientTokenId: The security token included in the request is invalid.',
        s3: '403 InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.',
      },
    ],
    [
      'a session token comes along that is not the key’s',
      (name) => signed(name, { headers: { 'x-amz-security-token': 'x' } }),
      {
        lambda: '403 UnrecognizedClientException: The security token included in the request is invalid.',
        sqs: '400 UnrecognizedClientException: The security token included in the request is invalid.',
        iam: '403 InvalidClientTokenId: The security token included in the request is invalid.',
        s3: '400 InvalidToken: The provided token is malformed or otherwise invalid.',
      },
    ],
    [
      'it was signed 20 minutes ago',
      (name) => signed(name, { timestamp: '20261121T114000Z' }),
      {
        lambda:
          '403 InvalidSignatureException: Signature expired: 20261121T114000Z is now earlier than 20261121T115500Z (20261121T120000Z - 5 min.)',
        sqs: '400 InvalidSignatureException: Signature expired: 20261121T114000Z is now earlier than 20261121T115500Z (20261121T120000Z - 5 min.)',
        iam: '403 SignatureDoesNotMatch: Signature expired: 20261121T114000Z is now earlier than 20261121T115500Z (20261121T120000Z - 5 min.)',
        s3: '403 RequestTimeTooSkewed: The difference between the request time and the current time is too large.',
      },
    ],
    [
      'it was signed 20 minutes from now',
      (name) => signed(name, { timestamp: '20261121T122000Z' }),
      {
        lambda:
          '403 InvalidSignatureException: Signature not yet current: 20261121T122000Z is still later than 20261121T120500Z (20261121T120000Z + 5 min.)',
        sqs: '400 InvalidSignatureException: Signature not yet current: 20261121T122000Z is still later than 20261121T120500Z (20261121T120000Z + 5 min.)',
        iam: '403 SignatureDoesNotMatch: Signature not yet current: 20261121T122000Z is still later than 20261121T120500Z (20261121T120000Z + 5 min.)',
        s3: '403 RequestTimeTooSkewed: The difference between the request time and the current time is too large.',
      },
    ],
    [
      'the algorithm is another',
      (name) => signed(name, { authorization: 'AWS4-ECDSA-P256-SHA256 Credential=a' }),
      {
        lambda:
          "403 IncompleteSignatureException: Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. Signature Version 4A is not supported: sign with AWS4-HMAC-SHA256.",
        sqs: "400 IncompleteSignatureException: Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. Signature Version 4A is not supported: sign with AWS4-HMAC-SHA256.",
        iam: "400 IncompleteSignature: Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. Signature Version 4A is not supported: sign with AWS4-HMAC-SHA256.",
        s3: '501 NotImplemented: Signature Version 4A is not supported: sign with AWS4-HMAC-SHA256.',
      },
    ],
    [
      'the date is none',
      (name) => signed(name, { timestamp: '2026-11-21' }),
      {
        lambda:
          "403 IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got '2026-11-21'. See http://en.wikipedia.org/wiki/ISO_8601",
        sqs: "400 IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got '2026-11-21'. See http://en.wikipedia.org/wiki/ISO_8601",
        iam: "400 IncompleteSignature: Date must be in ISO-8601 'basic format'. Got '2026-11-21'. See http://en.wikipedia.org/wiki/ISO_8601",
        s3: '403 AccessDenied: AWS authentication requires a valid Date or x-amz-date header',
      },
    ],
    [
      'the host is not signed',
      (name) => signed(name, { signedHeaders: 'x-amz-date' }),
      {
        lambda:
          "403 InvalidSignatureException: 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        sqs: "400 InvalidSignatureException: 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        iam: "403 SignatureDoesNotMatch: 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        s3: '403 AccessDenied: There were headers present in the request which were not signed',
      },
    ],
    [
      'a header that means something was added after signing',
      (name) => {
        const sent = signed(name)
        return { ...sent, headers: { ...sent.headers, 'x-amz-invocation-type': 'Event' } }
      },
      {
        lambda:
          "403 InvalidSignatureException: 'x-amz-invocation-type' must be a 'SignedHeader' in the AWS Authorization.",
        sqs: "400 InvalidSignatureException: 'x-amz-invocation-type' must be a 'SignedHeader' in the AWS Authorization.",
        iam: "403 SignatureDoesNotMatch: 'x-amz-invocation-type' must be a 'SignedHeader' in the AWS Authorization.",
        s3: '403 AccessDenied: There were headers present in the request which were not signed',
      },
    ],
    [
      'the scope is of another service',
      (name) => signed(name, { credential: `${accessKeyId}/20261121/eu-west-1/ec2/aws4_request` }),
      {
        lambda: "403 InvalidSignatureException: Credential should be scoped to correct service: 'lambda'.",
        sqs: "400 InvalidSignatureException: Credential should be scoped to correct service: 'sqs'.",
        iam: "403 SignatureDoesNotMatch: Credential should be scoped to correct service: 'iam'.",
        s3: '400 AuthorizationHeaderMalformed: The authorization header is malformed; incorrect service "ec2". This endpoint belongs to "s3".',
      },
    ],
    [
      'the credential is no five parts',
      (name) => signed(name, { credential: 'AKIA/20261121/eu-west-1' }),
      {
        lambda:
          "403 IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIA/20261121/eu-west-1'",
        sqs: "400 IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIA/20261121/eu-west-1'",
        iam: "400 IncompleteSignature: Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIA/20261121/eu-west-1'",
        s3: '400 AuthorizationHeaderMalformed: The authorization header is malformed; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
      },
    ],
  ]
  for (const [what, make, expected] of cases) {
    test(`where ${what}`, async () => {
      for (const name of NAMES) {
        const { code, message } = await refused(name, make(name))
        assert.equal(`${code}: ${message}`, expected[name])
      }
    })
  }
})

describe('the Authorization header', () => {
  const cases: [authorization: string, message: string][] = [
    [
      'AWS4-HMAC-SHA256',
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256",
    ],
    [
      'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, Signature=f',
      "Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256",
    ],
    [
      'AWS4-HMAC-SHA256 nonsense',
      "'nonsense' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 nonsense'.",
    ],
    ['Bearer abc', "Unsupported AWS 'algorithm': 'Bearer'."],
    ['', "Unsupported AWS 'algorithm': ''."],
  ]
  for (const [authorization, message] of cases) {
    test(`is not understood: ${authorization || '(empty)'}`, async () => {
      const { code, message: text } = await refused('sqs', signed('sqs', { authorization }))
      assert.equal(code, '400 IncompleteSignatureException')
      assert.equal(text, message)
    })
  }

  test('needs a date beside it', async () => {
    const { message } = await refused('sqs', without(signed('sqs'), 'x-amz-date'))
    assert.match(message, /requires existence of either a 'X-Amz-Date' or a 'Date' header/)
  })

  test('may have its date in the Date header, in either form', async () => {
    for (const date of [NOW, 'Sat, 21 Nov 2026 12:00:00 GMT']) {
      const sent = signed('sqs', { signedHeaders: 'host' })
      const moved = {
        ...without(sent, 'x-amz-date'),
        headers: { ...without(sent, 'x-amz-date').headers, date },
      }
      await send('sqs', moved)
    }
  })

  test('of S3’s old signature version is refused with the new one’s name', async () => {
    const { code, message } = await refused('s3', signed('s3', { authorization: 'AWS AKIA:abc=' }))
    assert.equal(code, '400 InvalidRequest')
    assert.match(message, /Please use AWS4-HMAC-SHA256/)
  })
})

describe('the scope of the credential', () => {
  test('says all that is wrong with it', async () => {
    const credential = `${accessKeyId}/20261120/Mars/ec2/aws5_request`
    const { message } = await refused('lambda', signed('lambda', { credential }))
    assert.equal(
      message,
      "Credential should be scoped to a valid region, not 'Mars'. Credential should be scoped to correct service: 'lambda'. Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261120' != '20261121', from '20261121T120000Z'.",
    )
  })

  test('may be of any region: we are in all of them', async () => {
    for (const region of ['us-gov-west-1', 'cn-north-1', 'ap-southeast-10', 'aws-global', 'eusc-de-east-1']) {
      const credential = `${accessKeyId}/20261121/${region}/lambda/aws4_request`
      assert.equal((await send('lambda', signed('lambda', { credential }))).region, region)
    }
  })
})

describe('S3’s errors carry what a client needs to find its mistake', () => {
  test('the strings that should have been signed', async () => {
    const { error } = await refused('s3', { ...signed('s3'), method: 'PUT' })
    assert.equal(error.members.AWSAccessKeyId, accessKeyId)
    assert.match(String(error.members.CanonicalRequest), /^PUT\n\/p\nq=1\n/)
    assert.match(String(error.members.StringToSignBytes), /^41 57 53 34 /)
  })

  test('the two times', async () => {
    const { error } = await refused('s3', signed('s3', { timestamp: '20261121T114000Z' }))
    assert.deepEqual(error.members, {
      RequestTime: '20261121T114000Z',
      ServerTime: '2026-11-21T12:00:00Z',
      MaxAllowedSkewMilliseconds: '900000',
    })
  })

  test('JSON services show the canonical request too', async () => {
    const { message } = await refused('lambda', { ...signed('lambda'), method: 'PUT' })
    assert.match(message, /The Canonical String for this request should have been\n'PUT\n\/p\nq=1\n/)
  })
})

describe('the hash of S3’s body', () => {
  test('must be there', async () => {
    const { code, message } = await refused('s3', without(signed('s3'), 'x-amz-content-sha256'))
    assert.equal(code, '400 InvalidRequest')
    assert.equal(message, 'Missing required header for this request: x-amz-content-sha256')
  })

  test('must be one of the forms that there are', async () => {
    for (const hash of ['nonsense', 'STREAMING-SOMETHING', 'A'.repeat(64)]) {
      const headers = { 'x-amz-content-sha256': hash }
      assert.equal((await refused('s3', signed('s3', { headers }))).code, '400 InvalidArgument')
    }
    const headers = { 'x-amz-content-sha256': 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' }
    assert.equal((await refused('s3', signed('s3', { headers }))).code, '501 NotImplemented')
  })

  test('may be left open, by S3 only', async () => {
    const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    await send('s3', { ...signed('s3', { headers }), body: 'anything' })
    assert.equal(
      (await refused('lambda', signed('lambda', { headers }))).code,
      '403 InvalidSignatureException',
    )
  })

  test('of a body in chunks needs the length of the object', async () => {
    const headers = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }
    assert.equal((await refused('s3', signed('s3', { headers }))).code, '411 MissingContentLength')
  })
})

describe('a presigned URL', () => {
  function presigned(name: Name, changes: Record<string, string | undefined> = {}): Sent {
    const parameters: Record<string, string | undefined> = {
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${accessKeyId}/20261121/eu-west-1/${name}/aws4_request`,
      'X-Amz-Date': NOW,
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host',
      ...changes,
    }
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
    const search = given.map(([key, value]) => `${key}=${encodeURIComponent(value ?? '')}`).join('&')
    const canonical = canonicalRequest({
      method: 'GET',
      path: '/k',
      search,
      headers: { host: 'h' },
      signedHeaders: ['host'],
      payloadHash: name === 's3' ? 'UNSIGNED-PAYLOAD' : sha256Hex(''),
      s3: name === 's3',
    })
    const scope = `20261121/eu-west-1/${name}/aws4_request`
    const stringToSign = ['AWS4-HMAC-SHA256', NOW, scope, sha256Hex(canonical)].join('\n')
    const key = deriveSigningKey(secretAccessKey, { date: '20261121', region: 'eu-west-1', service: name })
    const signature = hmac(key, stringToSign).toString('hex')
    return { method: 'GET', url: `/k?${search}&X-Amz-Signature=${signature}`, headers: { host: 'h' } }
  }

  test('is believed', async () => {
    await send('s3', presigned('s3'))
    await send('lambda', presigned('lambda'))
  })

  test('of a service other than S3 may say nothing of its end, and lasts five minutes', async () => {
    const sent = presigned('lambda', { 'X-Amz-Expires': undefined })
    await verify(services.lambda, sent, { now: '20261121T120500Z' })
    const { code } = await refusal(verify(services.lambda, sent, { now: '20261121T120501Z' }))
    assert.equal(code, '403 InvalidSignatureException')
  })

  const wrong: [what: string, changes: Record<string, string | undefined>, message: RegExp][] = [
    ['lasts longer than a week', { 'X-Amz-Expires': '604801' }, /must be less than a week/],
    ['lasts a negative time', { 'X-Amz-Expires': '-1' }, /must be non-negative/],
    ['lasts no number', { 'X-Amz-Expires': '1h' }, /should be a number/],
    ['does not say how long it lasts', { 'X-Amz-Expires': undefined }, /requires the X-Amz-Algorithm/],
    ['has no date', { 'X-Amz-Date': undefined }, /requires the X-Amz-Algorithm/],
    ['has a date that is none', { 'X-Amz-Date': '2026' }, /must be in the ISO8601 Long Format/],
    ['has another algorithm', { 'X-Amz-Algorithm': 'AWS5' }, /only supports "AWS4-HMAC-SHA256"/],
    ['has a credential that is none', { 'X-Amz-Credential': 'AKIA' }, /the Credential is mal-formed/],
    [
      'is of another service',
      { 'X-Amz-Credential': `${accessKeyId}/20261121/eu-west-1/ec2/aws4_request` },
      /incorrect service "ec2"/,
    ],
  ]
  for (const [what, changes, message] of wrong) {
    test(`that ${what} is refused`, async () => {
      const { code, message: text } = await refused('s3', presigned('s3', changes))
      assert.equal(code, '400 AuthorizationQueryParametersError')
      assert.match(text, message)
    })
  }

  test('with a changed parameter is refused', async () => {
    const sent = presigned('s3')
    for (const url of [sent.url.replace('Expires=60', 'Expires=61'), `${sent.url}&versionId=1`]) {
      assert.equal((await refused('s3', { ...sent, url })).code, '403 SignatureDoesNotMatch')
    }
  })

  test('with an x-amz- header that it did not sign is refused', async () => {
    const { code, error } = await refused('s3', {
      ...presigned('s3'),
      headers: { host: 'h', 'x-amz-acl': 'public-read' },
    })
    assert.equal(code, '403 AccessDenied')
    assert.deepEqual(error.members, { HeadersNotSigned: 'x-amz-acl' })
  })

  test('checks the hash of a body that is claimed beside it', async () => {
    const headers = { host: 'h', 'x-amz-content-sha256': sha256Hex('one') }
    await send('s3', { ...presigned('s3'), headers, body: 'one' })
    const { code } = await refused('s3', { ...presigned('s3'), headers, body: 'two' })
    assert.equal(code, '400 XAmzContentSHA256Mismatch')
  })
})

test('two signatures at once are refused: it would not be clear whose request it is', async () => {
  const twice = (name: Name) => ({ ...signed(name), url: '/p?q=1&X-Amz-Algorithm=AWS4-HMAC-SHA256' })
  assert.equal((await refused('s3', twice('s3'))).code, '400 InvalidArgument')
  assert.equal((await refused('iam', twice('iam'))).code, '400 IncompleteSignature')
})

test('an expired token is refused in each family’s words', async () => {
  const expected = {
    lambda: '403 ExpiredTokenException',
    sqs: '400 ExpiredTokenException',
    iam: '403 ExpiredToken',
    s3: '400 ExpiredToken',
  }
  for (const name of NAMES) {
    const sent = signed(name, { headers: { 'x-amz-security-token': 'token' } })
    const key = { sessionToken: 'token', expiresAt: Date.UTC(2026, 10, 21, 12) }
    const { code } = await refusal(verify(services[name], sent, { now: NOW, key }))
    assert.equal(code, expected[name])
    await verify(services[name], sent, { now: NOW, key: { ...key, expiresAt: key.expiresAt + 1 } })
  }
})

test('garbage is refused, whatever it is', async () => {
  const garbage = [
    '',
    ' ',
    ',',
    '=',
    'AWS4-HMAC-SHA256 ,,,',
    'AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;, Signature=',
    '\u0000ÿ',
  ]
  for (const name of NAMES)
    for (const authorization of garbage) {
      const { code } = await refused(name, signed(name, { authorization }))
      assert.match(code, /^(4\d\d|501) /)
    }
  for (const url of [
    '/?X-Amz-Algorithm',
    '/?X-Amz-Signature=1',
    '/%zz?%zz=%&&=',
    '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=%00',
  ]) {
    const { code } = await refused('s3', { method: 'GET', url, headers: { host: 'h' } })
    assert.match(code, /^4\d\d /, url)
  }
})

test('signing keys are remembered, in a limited number', () => {
  const keys = new SigningKeys()
  const scope = { date: '20261121', region: 'eu-west-1', service: 'lambda' }
  const first = keys.of('a', 'secret', scope)
  assert.equal(keys.of('a', 'secret', scope), first)
  assert.notDeepEqual(keys.of('a', 'changed', scope), first)
  for (let i = 0; i < 3_000; i++) keys.of(`key ${i}`, 'secret', scope)
  assert.ok(keys.size <= 2_000)
})

test('a request is read as it came', () => {
  const request = received(services.s3, { method: 'GET', url: '/a//b/../c?x=%20&y', headers: { A: '1' } })
  assert.equal(request.path, '/a//b/../c')
  assert.equal(request.search, 'x=%20&y')
})
