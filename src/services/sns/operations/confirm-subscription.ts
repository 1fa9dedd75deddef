import type { SnsOperation } from '../deps.ts'
import { invalidParameter, invalidToken } from '../errors.ts'
import type { SnsEditor } from '../store.ts'
import {
  type Consent,
  idOfToken,
  type Subscription,
  type SubscriptionPlace,
  subscriptionArn,
  TOKEN_MS,
} from '../subscription.ts'
import { topicOfArn } from '../topic.ts'

/** The token is proof enough: whoever has it was sent it. That of a subscription that has ended brings it back. */
export const confirmSubscription: SnsOperation<'ConfirmSubscription'> = async (
  { store, clock },
  { TopicArn = '', Token = '', AuthenticateOnUnsubscribe },
  call,
) => {
  const topic = topicOfArn(TopicArn)
  if (topic === undefined || topic.region !== call.region) throw invalidParameter('Topic')
  const id = idOfToken(Token)
  if (id === undefined) throw invalidToken()
  const place = { topic, id }
  await store.change(async (editor) => {
    const found = await subscriptionOf(editor, place, { token: Token, now: clock.now() })
    const needsAuthentication = AuthenticateOnUnsubscribe === 'true'
    await editor.saveSubscription({
      ...found,
      consent: { ...found.consent, isPending: false, needsAuthentication },
    })
  })
  return { SubscriptionArn: subscriptionArn(place) }
}

type Asked = Subscription & { readonly consent: Consent }

async function subscriptionOf(
  editor: SnsEditor,
  place: SubscriptionPlace,
  { token, now }: { readonly token: string; readonly now: number },
): Promise<Asked> {
  const subscription = await editor.findSubscription(place)
  const { consent } = subscription ?? {}
  if (subscription !== undefined && consent?.token === token && now < consent.askedAt + TOKEN_MS) {
    return { ...subscription, consent }
  }
  const departed = await editor.findDeparted(place)
  const { consent: before } = departed?.subscription ?? {}
  const isBack = departed?.token === token && now < departed.expiresAt && subscription === undefined
  if (!isBack || before === undefined) throw invalidParameter('Token')
  await refuseTwo(editor, departed.subscription)
  await editor.removeDeparted(place)
  // The link may be followed twice, as that of the first confirmation.
  return { ...departed.subscription, consent: { ...before, token, askedAt: departed.expiresAt - TOKEN_MS } }
}

/** Its endpoint may have been subscribed anew since. */
async function refuseTwo(editor: SnsEditor, { topic, protocol, endpoint }: Subscription): Promise<void> {
  if ((await editor.findByEndpoint(topic, { protocol, endpoint })) !== undefined) {
    throw invalidParameter('Token')
  }
}
