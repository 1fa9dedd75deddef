import { createHash, createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import { newRsaKey, selfSignedCertificate } from '../../../base/x509/certificate.ts'
import type { KeptValues } from '../../../store/kept-values.ts'

/** A topic's attribute: with SHA-1, or with SHA-256. */
export type SignatureVersion = '1' | '2'

export interface Seal {
  readonly version: SignatureVersion
  /** In base64. */
  readonly signature: string
  readonly certificateId: string
}

export interface SignerDeps {
  readonly values: Pick<KeptValues, 'find' | 'putIfAbsent'>
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
}

interface Keys {
  readonly key: KeyObject
  readonly certificate: string
  readonly certificateId: string
}

/** Of the values that an installation keeps. */
const KEPT_AS = 'sns-signing-key'
const COMMON_NAME = 'sns.amazonaws.com'
const DAY_MS = 24 * 60 * 60_000
/** Nobody would be told of another certificate in time. */
const VALID_MS = 100 * 365 * DAY_MS
const ALGORITHMS: Readonly<Record<SignatureVersion, string>> = { 1: 'sha1', 2: 'sha256' }
/** A message goes to many subscribers with one signature: of so many it is remembered. */
const REMEMBERED_MAX = 1000

/**
 * Signs what subscribers are sent with the one key of this installation, which is made when it is first needed,
 * durable before it is used, and the same on every node.
 */
export class Signer {
  readonly #deps: SignerDeps
  #keys: Promise<Keys> | undefined
  readonly #remembered = new Map<string, Promise<Seal>>()

  constructor(deps: SignerDeps) {
    this.#deps = deps
  }

  /** @param message - tells messages apart whose texts differ */
  sign(message: string, text: string, version: SignatureVersion): Promise<Seal> {
    const name = `${version}/${message}`
    const known = this.#remembered.get(name)
    if (known !== undefined) return known
    const made = this.#sign(text, version)
    this.#remembered.set(name, made)
    made.catch(() => this.#remembered.delete(name))
    if (this.#remembered.size > REMEMBERED_MAX) {
      const [oldest = ''] = this.#remembered.keys()
      this.#remembered.delete(oldest)
    }
    return made
  }

  /** As PEM; undefined where the id is none of ours. */
  async certificate(id: string): Promise<string | undefined> {
    const { certificate, certificateId } = await this.#ownKeys()
    return id === certificateId ? certificate : undefined
  }

  async #sign(text: string, version: SignatureVersion): Promise<Seal> {
    const { key, certificateId } = await this.#ownKeys()
    // With a callback another thread does it: half a millisecond that nobody else waits for.
    const signature = await new Promise<Buffer>((resolve, reject) => {
      sign(ALGORITHMS[version], Buffer.from(text), key, (error, made) =>
        error === null ? resolve(made) : reject(error),
      )
    })
    return { version, signature: signature.toString('base64'), certificateId }
  }

  #ownKeys(): Promise<Keys> {
    this.#keys ??= this.#findOrMake().catch((error: unknown) => {
      this.#keys = undefined
      throw error
    })
    return this.#keys
  }

  async #findOrMake(): Promise<Keys> {
    const { values } = this.#deps
    const kept = (await values.find(KEPT_AS)) ?? (await values.putIfAbsent(KEPT_AS, await this.#make()))
    const { key, certificate } = JSON.parse(kept) as { readonly key: string; readonly certificate: string }
    return { key: createPrivateKey(key), certificate, certificateId: idOf(certificate) }
  }

  async #make(): Promise<string> {
    const { clock, random } = this.#deps
    const key = await newRsaKey()
    const certificate = selfSignedCertificate({
      key,
      commonName: COMMON_NAME,
      serial: Buffer.from([1, ...random.bytes(15)]),
      validFrom: clock.now() - DAY_MS,
      validUntil: clock.now() + VALID_MS,
    })
    return JSON.stringify({ key: key.export({ type: 'pkcs8', format: 'pem' }), certificate })
  }
}

/** 32 hex digits, as AWS's file names have. */
function idOf(certificate: string): string {
  const { raw } = new X509Certificate(certificate)
  return createHash('sha256').update(raw).digest('hex').slice(0, 32)
}
