import { invalidParameterValue, missingParameter } from './errors.ts'

/** AWS SQS Developer Guide, "Cost allocation tags". */
const TAGS_MAX = 50

export function checkTags(tags: Readonly<Record<string, string>>, queueName: string): void {
  if (Object.keys(tags).length > TAGS_MAX)
    throw invalidParameterValue(`Too many tags added for queue ${queueName}.`)
  for (const [key, value] of Object.entries(tags)) {
    if (key === '' || key.length > 128) throw badTagKey()
    if (value.length > 256)
      throw invalidParameterValue('Tag values must be at most 256 characters in length.')
    if (/^aws:/i.test(key)) throw invalidParameterValue('Tag keys must not begin with aws:.')
  }
}

export function badTagKey() {
  return invalidParameterValue('Tag keys must be between 1 and 128 characters in length.')
}

export function requireTags<Tags extends object>(tags: Tags | undefined, parameter: string): Tags {
  if (tags === undefined || Object.keys(tags).length === 0) throw missingParameter(parameter)
  return tags
}
