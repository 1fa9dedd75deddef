/** Domains under which the gateway can be called; what stands before them says what is meant. */
const DOMAINS = ['localhost.localstack.cloud', 'localhost', 'amazonaws.com', 'on.aws']

/**
 * The labels that a Host puts before a domain of ours: `['lambda', 'eu-west-1']` of
 * `lambda.eu-west-1.amazonaws.com`, none of `localhost:4566` or of an address.
 */
export function hostLabels(host: string | undefined): string[] {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase()
  const domain = DOMAINS.find((candidate) => name.endsWith(`.${candidate}`))
  return domain === undefined ? [] : name.slice(0, -domain.length - 1).split('.')
}

/** The region that a Host names, where it does. */
export function regionOfHost(host: string | undefined): string | undefined {
  return hostLabels(host).find((label) => /^[a-z]{2,4}(-[a-z]+)+-\d$/.test(label))
}

/** The base URL by which a client reached us. A Host that is not one is not put into answers. */
export function endpointOf(host: string | undefined, fallback: string): string {
  const isHost = host !== undefined && /^[\w.-]+(:\d{1,5})?$|^\[[\da-f:.]+\](:\d{1,5})?$/i.test(host)
  return `http://${isHost ? host : fallback}`
}

/**
 * The bucket that a Host names (virtual-hosted style): `my.bucket` of `my.bucket.s3.eu-west-1.amazonaws.com`, and of
 * `my.bucket.localhost`, as clients make it of the endpoint `http://localhost`.
 */
export function bucketOfHost(host: string | undefined): string | undefined {
  const labels = hostLabels(host)
  const service = labels.findLastIndex((label) => /^s3(-|$)/.test(label))
  const bucket = labels.slice(0, service < 0 ? labels.length : service).join('.')
  return bucket === '' ? undefined : bucket
}
