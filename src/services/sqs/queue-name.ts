import { invalidParameterValue } from './errors.ts'

const SUFFIX = '.fifo'

/** AWS SQS API Reference, "CreateQueue": the suffix counts towards the 80 characters. */
export function checkQueueName(name: string, isFifo: boolean): void {
  const stem = isFifo && name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name
  if (isFifo && !name.endsWith(SUFFIX))
    throw invalidParameterValue(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
    )
  if (name.length > 80 || !/^[\w-]+$/.test(stem))
    throw invalidParameterValue(
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    )
}
