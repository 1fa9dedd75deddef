import type { FunctionKey } from '../function.ts'

/** A function's, or one of its aliases', own address. */
export interface FunctionUrl extends FunctionKey {
  /** An alias, or empty for the function itself. */
  readonly qualifier: string
  /** 32 lower-case letters and digits: the first part of the host's name. */
  readonly urlId: string
  readonly authType: 'NONE' | 'AWS_IAM'
  readonly invokeMode: 'BUFFERED' | 'RESPONSE_STREAM'
  readonly cors?: UrlCors
  /** Milliseconds since the epoch. */
  readonly created: number
  readonly lastModified: number
}

export interface UrlCors {
  readonly AllowCredentials?: boolean
  readonly AllowHeaders?: string[]
  readonly AllowMethods?: string[]
  readonly AllowOrigins?: string[]
  readonly ExposeHeaders?: string[]
  readonly MaxAge?: number
}

/**
 * `http://<url-id>.lambda-url.us-east-1.localhost:4566/` for those who reach lambdad by a name or on this machine;
 * names below localhost lead to it everywhere. Addresses have no names below them: then it is AWS's own.
 */
export function urlOf({ urlId, region }: Pick<FunctionUrl, 'urlId' | 'region'>, endpoint: string): string {
  const { protocol, hostname, port } = new URL(endpoint)
  const label = `${urlId}.lambda-url.${region}`
  const isHere = /^127\.|^\[::1\]$|^localhost$/.test(hostname)
  if (!isHere && /^[\d.]+$|^\[/.test(hostname)) return `https://${label}.on.aws/`
  return `${protocol}//${label}.${isHere ? 'localhost' : hostname}${port && `:${port}`}/`
}
