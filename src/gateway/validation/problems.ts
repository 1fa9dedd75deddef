import { AwsError } from '../../aws/error.ts'
import type { ServiceDefinition } from '../../aws/service.ts'
import { TOO_LONG } from './rules.ts'
import { valueText } from './value-text.ts'

/** More are counted, but not told: a body of a million bad elements would get an answer larger than itself. */
const PROBLEMS_TOLD_MAX = 100

/** A value, where in the input it stands, and whether AWS's messages show it. */
export interface Found {
  readonly value: unknown
  readonly path: string
  readonly isSecret: boolean
}

type Words = Pick<ServiceDefinition, 'missingParameter' | 'tooLong' | 'hidesValues'>

/** What is wrong with an input, in AWS's words. */
export class Problems {
  readonly #service: Words
  readonly #texts: string[] = []
  #count = 0
  /** Something is wrong within a structure, and not only with a member of the input itself. */
  areInside = false
  #ownWords: string | undefined

  constructor(service: Words) {
    this.#service = service
  }

  add({ value, path, isSecret }: Found, constraint: string): void {
    this.#count++
    if (path.includes('.')) this.areInside = true
    if (constraint.startsWith(TOO_LONG)) this.#ownWords ??= this.#service.tooLong?.[path]
    if (this.#count > PROBLEMS_TOLD_MAX) return
    const isHidden = isSecret || this.#service.hidesValues === true
    const shown = isHidden ? '' : value === undefined ? ' null' : ` '${valueText(value)}'`
    this.#texts.push(`Value${shown} at '${path}' failed to satisfy constraint: ${constraint}`)
  }

  /** A required member that is not there; throws at once where the service has an error of its own for parameters. */
  addAbsent(name: string, path: string): void {
    const missing = this.#service.missingParameter
    if (missing === undefined)
      this.add({ value: undefined, path, isSecret: false }, 'Member must not be null')
    else if (!path.includes('.'))
      throw new AwsError(missing.code, `The request must contain the parameter ${name}.`, {
        queryCode: missing.queryCode,
      })
  }

  /** Throws them all as one error, if there are any. */
  throwAs(code: string): void {
    if (this.#count === 0) return
    const head = `${this.#count} validation error${this.#count === 1 ? '' : 's'} detected: `
    throw new AwsError(code, this.#ownWords ?? head + this.#texts.join('; '), { status: 400 })
  }
}
