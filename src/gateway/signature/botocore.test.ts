import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { describe, test } from 'node:test'
import { refusal, type Sent, services, verify } from './testing.ts'

interface Captured {
  readonly name: string
  readonly service: keyof typeof services
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

const SESSION_TOKEN = 'a token/with+signs='
const captured = signedByBotocore()

describe('requests as botocore signs them', {
  skip: captured === undefined && 'there is no boto3 here',
}, () => {
  for (const { service, ...request } of captured ?? []) {
    const sent: Sent = { ...request, body: Buffer.from(request.body, 'base64') }
    const key = request.name.includes('session') ? { sessionToken: SESSION_TOKEN } : {}

    test(`${service}: ${request.name}`, async () => {
      const { region } = await verify(services[service], sent, { key })
      assert.equal(region, 'eu-west-1')
    })

    test(`${service}: ${request.name}, with another secret, is refused`, async () => {
      const { code } = await refusal(
        verify(services[service], sent, { key: { ...key, secretAccessKey: 'another' } }),
      )
      assert.match(code, /SignatureDoesNotMatch$|InvalidSignatureException$/)
    })
  }

  test('every form is there', () => {
    // Debian's botocore signs with another library, which spells the header in lower case.
    const hashes = (captured ?? []).map(
      ({ headers }) => headers['X-Amz-Content-SHA256'] ?? headers['x-amz-content-sha256'] ?? '',
    )
    for (const form of [/^[0-9a-f]{64}$/, /^UNSIGNED-PAYLOAD$/, /^STREAMING-UNSIGNED-PAYLOAD-TRAILER$/])
      assert.ok(
        hashes.some((hash) => form.test(hash)),
        String(form),
      )
  })
})

/** Undefined where there is no Python with boto3. */
function signedByBotocore(): Captured[] | undefined {
  const script = path.join(import.meta.dirname, 'fixtures/sign.py')
  try {
    const lines = execFileSync('python3', [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    return lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  } catch (error) {
    if (String((error as { stderr?: string }).stderr).match(/No module named|^$/)) return undefined
    throw error
  }
}
