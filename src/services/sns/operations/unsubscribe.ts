import { unsubscriptionFor } from '../delivery/delivery.ts'
import type { SnsDeps, SnsOperation } from '../deps.ts'
import { readSubscriptionArn } from '../resolve.ts'
import type { SnsEditor } from '../store.ts'
import { isPending, newToken, type Subscription, TOKEN_MS } from '../subscription.ts'
import { refuseStrangers } from './subscriptions.ts'

/** What is not there is unsubscribed already. */
export const unsubscribe: SnsOperation<'Unsubscribe'> = async (deps, input, call) => {
  const place = readSubscriptionArn(input.SubscriptionArn)
  const { store, random } = deps
  const token = newToken(place.id, random)
  await store.change(async (editor) => {
    const subscription = await editor.findSubscription(place)
    if (subscription === undefined) return
    // A link in a message is enough for who was asked, unless who confirmed wanted it otherwise.
    if (subscription.consent?.needsAuthentication !== false)
      refuseStrangers(subscription, call, 'Unsubscribe')
    await editor.removeSubscription(place)
    if (subscription.consent !== undefined && !isPending(subscription)) {
      await sayGoodbye(deps, editor, subscription, token)
    }
  })
  return {}
}

/** Who once agreed hears of the end, and may undo it while the token is good. */
async function sayGoodbye(
  { clock, random, addToOutbox }: SnsDeps,
  editor: SnsEditor,
  subscription: Subscription,
  token: string,
): Promise<void> {
  const now = clock.now()
  await editor.forgetDeparted(now)
  await editor.keepDeparted({ subscription, token, expiresAt: now + TOKEN_MS })
  const topic = await editor.findTopic(subscription.topic)
  if (topic === undefined) return
  const message = unsubscriptionFor(topic, subscription, { token, at: now }, random.uuid())
  await addToOutbox(editor.transaction, [message])
}
