import type { Mail } from './mail.ts'
import type { Scope } from './scope.ts'
import type { Signer } from './signing/signer.ts'
import { withOptOut } from './sms.ts'
import type { SnsStore } from './store.ts'

/** What is seen of SNS beside its API. */
export interface SnsDoors {
  /** The certificate by which signatures are verified, as PEM; undefined where the id is none of ours. */
  certificate(id: string): Promise<string | undefined>
  readonly outbox: {
    /** E-mails and text messages that nobody carries, the newest first. */
    list(scope: Scope, to?: string): Promise<readonly Mail[]>
    clear(scope: Scope): Promise<void>
    /** As if STOP had been sent from the number. */
    optOut(scope: Scope, number: string): Promise<void>
  }
}

export function createDoors(store: SnsStore, signer: Pick<Signer, 'certificate'>): SnsDoors {
  return {
    certificate: (id) => signer.certificate(id),
    outbox: {
      list: (scope, to) => store.listMail(scope, to),
      clear: (scope) => store.change((editor) => editor.clearMail(scope)),
      optOut: (scope, number) =>
        store.change(async (editor) => {
          const settings = await editor.accountSettings(scope)
          await editor.saveAccountSettings(scope, withOptOut(settings, number, true))
        }),
    },
  }
}
