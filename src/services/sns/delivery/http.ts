import { DeliveryError } from '../../../aws/ports/delivery.ts'
import type { Clock } from '../../../base/clock.ts'
import { DEFAULT_POLICY } from '../delivery-policy.ts'
import type { Seal } from '../signing/signer.ts'
import type { Delivery } from './delivery.ts'
import { envelope, typeOf } from './envelope.ts'
import type { Answer } from './status.ts'

/** Amazon SNS Developer Guide, "Fanout to HTTP/S endpoints": an endpoint has 15 seconds to answer. */
const TIMEOUT_MS = 15_000

/** Posts a message to a subscribed endpoint. @throws DeliveryError */
export async function post(
  clock: Clock,
  delivery: Delivery,
  seal: Seal | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const tooLong = new AbortController()
  const timer = clock.after(TIMEOUT_MS, () => tooLong.abort(new Error('it took too long')))
  const response = await request(delivery, {
    method: 'POST',
    headers: headersOf(delivery),
    body: delivery.isRaw ? delivery.text : envelope(delivery, seal),
    redirect: 'manual',
    signal: AbortSignal.any([signal, tooLong.signal]),
  }).finally(() => timer.cancel())
  await response.body?.cancel()
  if (!response.ok) throw refused(response.status, delivery.endpoint)
  return { statusCode: response.status, providerResponse: response.statusText }
}

async function request({ endpoint }: Delivery, init: RequestInit): Promise<Response> {
  const { origin, pathname, search, username, password } = new URL(endpoint)
  const headers = new Headers(init.headers)
  if (username !== '') {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
  }
  try {
    return await fetch(origin + pathname + search, { ...init, headers })
  } catch (error) {
    throw new DeliveryError('Unavailable', 'Unreachable', `${origin} could not be reached.`, error)
  }
}

/** Of 4xx only 429 may pass by itself (the guide's list of client-side errors). */
function refused(status: number, endpoint: string): DeliveryError {
  const isFinal = status >= 400 && status < 500 && status !== 429
  const message = `${new URL(endpoint).origin} answered ${status}.`
  return new DeliveryError(isFinal ? 'Invalid' : 'Unavailable', `HTTP_${status}`, message)
}

function headersOf(delivery: Delivery): Record<string, string> {
  return {
    'accept-encoding': 'gzip,deflate',
    'content-type': (delivery.policy ?? DEFAULT_POLICY).contentType,
    'user-agent': 'Amazon Simple Notification Service Agent',
    'x-amz-sns-message-type': typeOf(delivery),
    'x-amz-sns-message-id': delivery.messageId,
    'x-amz-sns-topic-arn': delivery.topicArn,
    // A subscription that is not confirmed yet has no ARN to show.
    ...(typeOf(delivery) !== 'SubscriptionConfirmation' && {
      'x-amz-sns-subscription-arn': delivery.subscriptionArn,
    }),
    ...(delivery.isRaw && { 'x-amz-sns-rawdelivery': 'true' }),
  }
}
