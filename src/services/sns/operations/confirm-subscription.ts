import type { SnsOperation } from '../deps.ts'
import { invalidParameter, topicNotFound } from '../errors.ts'
import { subscriptionArn } from '../subscription.ts'
import { topicOfArn } from '../topic.ts'

/** Amazon SNS Developer Guide, "Confirming an Amazon SNS subscription". */
const TOKEN_MS = 2 * 24 * 60 * 60_000
const ID_LENGTH = 36

/** The token is proof enough: whoever has it was sent it. */
export const confirmSubscription: SnsOperation<'ConfirmSubscription'> = async (
  { store, clock },
  { TopicArn = '', Token = '', AuthenticateOnUnsubscribe },
) => {
  const topic = topicOfArn(TopicArn)
  if (topic === undefined) throw invalidParameter('TopicArn')
  const place = { topic, id: Token.slice(0, ID_LENGTH) }
  await store.change(async (editor) => {
    if ((await editor.findTopic(topic)) === undefined) throw topicNotFound()
    const subscription = await editor.findSubscription(place)
    const consent = subscription?.consent
    const isValid = consent?.token === Token && clock.now() < consent.askedAt + TOKEN_MS
    if (subscription === undefined || !isValid) throw invalidParameter('Token')
    const needsAuthentication = AuthenticateOnUnsubscribe === 'true'
    await editor.saveSubscription({
      ...subscription,
      consent: { ...consent, isPending: false, needsAuthentication },
    })
  })
  return { SubscriptionArn: subscriptionArn(place) }
}
