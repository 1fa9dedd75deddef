import type { Operation } from '../../../aws/operation.ts'
import { changeFunction, checkRevision } from '../change.ts'
import { codeSha256 } from '../code.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter } from '../errors.ts'
import type { StoredVersion } from '../function.ts'
import { readUnqualifiedName } from '../function-name.ts'
import { publish } from '../publish.ts'
import { showVersion } from '../response.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'
import { refuseWhileUnsettled } from '../versions.ts'

/** Where nothing changed since the last version, that one is answered again. */
export const publishVersion: Operation<
  LambdaDeps,
  LambdaInput<'PublishVersion'>,
  LambdaOutput<'PublishVersion'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  const version = await changeFunction(deps, key, async ({ fn, latest }) => {
    checkCode(latest, input.CodeSha256)
    checkRevision(latest, input.RevisionId)
    refuseWhileUnsettled(latest)
    return publish(deps, fn, latest, input.Description, input.PublishTo)
  })
  deps.settle(version)
  return showVersion(version, version.version)
}

function checkCode(latest: StoredVersion, wanted: string | undefined): void {
  const current = codeSha256(latest.code)
  if (wanted === undefined || wanted === '' || wanted === current) return
  throw invalidParameter(
    `CodeSHA256 (${wanted}) is different from current CodeSHA256 in $LATEST (${current}). ` +
      'Please try again with the CodeSHA256 in $LATEST.',
  )
}
