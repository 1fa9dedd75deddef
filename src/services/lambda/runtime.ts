import { createHash } from 'node:crypto'
import { partitionOf } from '../../aws/arn.ts'
import { findRuntimeIdentifier, RUNTIMES } from '../../wire/runtimes.ts'
import { invalidParameter } from './errors.ts'

/**
 * Refuses what no Lambda has, and what AWS takes no longer. A runtime whose interpreter this machine lacks is
 * taken: the function may be run by another node, and Invoke says what is missing.
 */
export function checkRuntime(runtime: string): void {
  const known = findRuntimeIdentifier(runtime)
  if (known === undefined) throw unknownRuntime(runtime)
  if (known.support === 'retired') throw deprecatedRuntime(runtime)
}

/**
 * The version of a runtime, as an ARN of AWS's form. The hash is of the identifier and the interpreter's version, and
 * without a version, which stands for the newest, of the identifier alone: so it is the same on every node.
 */
export function runtimeVersionArn(runtime: string, region: string, version?: string): string {
  const named = version === undefined ? runtime : `${runtime} ${version}`
  const hash = createHash('sha256').update(named).digest('hex')
  return `arn:${partitionOf(region)}:lambda:${region}::runtime:${hash}`
}

function unknownRuntime(runtime: string) {
  const names = RUNTIMES.filter(({ support }) => support !== 'retired').map(({ name }) => name)
  return invalidParameter(
    `Value ${runtime} at 'runtime' failed to satisfy constraint: ` +
      `Member must satisfy enum value set: [${names.join(', ')}] or be a valid ARN`,
  )
}

function deprecatedRuntime(runtime: string) {
  return invalidParameter(
    `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. ` +
      'We recommend you use a supported runtime while creating or updating functions.',
  )
}
