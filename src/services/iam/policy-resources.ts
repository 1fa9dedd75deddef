const PARTITION = /^(aws[a-z-]*|[a-z*?-]*[*?][a-z*?-]*)$/
const IAM_PATHS = [
  'user/',
  'federated-user/',
  'role/',
  'group/',
  'instance-profile/',
  'mfa/',
  'server-certificate/',
  'policy/',
  'sms-mfa/',
  'saml-provider/',
  'oidc-provider/',
  'report/',
  'access-report/',
]

/** What is wrong with the ARN of a policy's resource, in IAM's words. In any part there may be wildcards. */
export function resourceProblem(resource: string): string | undefined {
  if (resource === '*') return undefined
  const [prefix, partition, ...parts] = resource.split(':')
  if (partition === undefined) return `Resource ${resource} must be in ARN format or "*".`
  if (!PARTITION.test(partition)) {
    // IAM looks at the second part alone, and fills in what is not there.
    const filled = [...parts, ...Array<string>(Math.max(0, 4 - parts.length)).fill('*')].join(':')
    return `Partition "${partition}" is not valid for resource "arn:${partition}:${filled}".`
  }
  if (prefix !== 'arn') return `Resource ${resource} must be in ARN format or "*".`
  const [service, region = '', account = '', ...path] = parts
  if (service === undefined) return 'Resource vendor must be fully qualified and cannot contain regexes.'
  if (service === 'iam') return iamProblem(resource, region, path.join(':'))
  // Access points, jobs and their like have a region and an account, buckets and objects neither.
  const isRegional = /^[^*?]+$/.test(region)
  return service === 's3' && isRegional && account === ''
    ? `Resource ${resource} can not contain region information.`
    : undefined
}

function iamProblem(resource: string, region: string, path: string): string | undefined {
  if (/^[^*?]+$/.test(region)) return `IAM resource ${resource} cannot contain region information.`
  const isPath = path === 'root' || IAM_PATHS.some((start) => path.startsWith(start))
  // `arn:aws:iam::123456789012:*`, and (unverified) wildcards before the slash, or nothing at all.
  if (isPath || path === '' || /^[^/]*[*?]/.test(path)) return undefined
  return `IAM resource path must either be "*", root, or start with ${IAM_PATHS.join(', ')}.`
}

/** ARNs without a service, and those that end before the resource, pass for IAM's older parser as little. */
export function failsLegacyParsing(resource: string): boolean {
  const [prefix, partition = '', ...parts] = resource.split(':')
  if (prefix !== 'arn' || !PARTITION.test(partition)) return false
  if (parts[0] === '') return true
  return (parts.length === 2 || parts.length === 3) && !resource.includes('*')
}
