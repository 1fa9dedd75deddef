/** `arn:aws:lambda:us-east-1:123456789012:function:f` in its parts. */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly accountId: string
  /** What follows the account, colons and slashes included. */
  readonly resource: string
}

/** The parts of an ARN, or undefined where `text` is none. */
export function parseArn(text: string): Arn | undefined {
  const [prefix, partition, service, region, accountId, ...rest] = text.split(':')
  if (prefix !== 'arn' || !partition || !service || region === undefined || accountId === undefined)
    return undefined
  if (rest.length === 0 || rest[0] === '') return undefined
  return { partition, service, region, accountId, resource: rest.join(':') }
}

export function formatArn(arn: Omit<Arn, 'partition'>): string {
  return `arn:${partitionOf(arn.region)}:${arn.service}:${arn.region}:${arn.accountId}:${arn.resource}`
}

/** The partition that a region belongs to (AWS General Reference, "AWS partitions"). */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  if (region.startsWith('us-gov-')) return 'aws-us-gov'
  if (region.startsWith('eusc-')) return 'aws-eusc'
  return 'aws'
}
