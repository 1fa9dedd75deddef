import { createHash } from 'node:crypto'
import { pipeline, type Readable, Transform } from 'node:stream'
import type { BodyVerifier } from '../authenticator.ts'
import type { HttpRequest } from '../http.ts'
import { AwsChunkedDecoder, isAwsChunked } from './aws-chunked.ts'
import type { BodyBudget } from './budget.ts'
import { collect } from './collect.ts'

export interface BodyLimit {
  readonly bytes: number
  readonly tooLarge: () => Error
}

/** The body of one request: read at most once, in one piece or as a stream, and checked on the way. */
export class RequestBody {
  /** Trailing headers of an aws-chunked body, once it has been read to its end. */
  readonly trailers: Record<string, string> = {}
  readonly #request: HttpRequest
  #limit: BodyLimit
  #verifier: BodyVerifier | undefined
  readonly #budget: BodyBudget
  #raw: Promise<Buffer> | undefined
  #held = 0

  constructor(request: HttpRequest, limit: BodyLimit, budget: BodyBudget) {
    this.#request = request
    this.#limit = limit
    this.#budget = budget
  }

  /** The limit of the operation, once that is known. */
  limitTo(limit: BodyLimit): void {
    this.#limit = limit
  }

  verifyWith(verifier: BodyVerifier | undefined): void {
    this.#verifier = verifier
  }

  /**
   * The whole body, where it is there already and nothing is to be done to it: `bytes` without the wait.
   * Otherwise undefined.
   */
  atOnce(): Buffer | undefined {
    const { whole, headers } = this.#request
    const isPlain = this.#verifier === undefined && this.#raw === undefined && !isAwsChunked(headers)
    if (whole === undefined || !isPlain) return undefined
    this.#admit(whole.length)
    return whole
  }

  /** The whole body: decoded where it is aws-chunked, verified where the caller signed it. */
  async bytes(): Promise<Buffer> {
    if (isAwsChunked(this.#request.headers)) {
      return collect(this.stream(), this.#admit)
    }
    const bytes = await this.#collectRaw()
    this.#verifier?.update(bytes)
    this.#verifier?.end()
    return bytes
  }

  /** Of the body as it came, in hex. */
  async sha256(): Promise<string> {
    return createHash('sha256')
      .update(await this.#collectRaw())
      .digest('hex')
  }

  /** The body as it comes in: decoded and verified as in `bytes`, and of any length. */
  stream(): Readable {
    const { body } = this.#request
    if (isAwsChunked(this.#request.headers)) return through(body, this.#decoder())
    return this.#verifier === undefined ? body : through(body, verifying(this.#verifier))
  }

  #decoder(): Transform {
    const length = this.#request.headers['x-amz-decoded-content-length']
    return new AwsChunkedDecoder({
      trailers: this.trailers,
      verifier: this.#verifier,
      expectedLength: length === undefined ? undefined : Number(length),
    })
  }

  #collectRaw(): Promise<Buffer> {
    this.#raw ??= this.#announcesTooMuch() ? Promise.reject(this.#limit.tooLarge()) : this.#collect()
    return this.#raw
  }

  async #collect(): Promise<Buffer> {
    const { whole, body } = this.#request
    if (whole === undefined) return collect(body, this.#admit)
    this.#admit(whole.length)
    return whole
  }

  /** The request has been answered: its bytes are held no more. */
  release(): void {
    this.#budget.giveBack(this.#held)
    this.#held = 0
  }

  readonly #admit = (bytes: number): void => {
    if (this.#held + bytes > this.#limit.bytes) throw this.#limit.tooLarge()
    this.#budget.take(bytes)
    this.#held += bytes
  }

  #announcesTooMuch(): boolean {
    const announced = this.#request.headers['content-length']
    return announced !== undefined && Number(announced) > this.#limit.bytes
  }
}

/** The errors of either end the other; whoever reads the result sees them. */
function through(source: Readable, transform: Transform): Transform {
  return pipeline(source, transform, () => {})
}

function verifying(verifier: BodyVerifier): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      attempt(() => verifier.update(chunk), done, chunk)
    },
    flush(done) {
      attempt(() => verifier.end(), done)
    },
  })
}

function attempt(
  check: () => void,
  done: (error?: Error | null, data?: Buffer) => void,
  data?: Buffer,
): void {
  try {
    check()
    done(null, data)
  } catch (error) {
    done(error as Error)
  }
}
