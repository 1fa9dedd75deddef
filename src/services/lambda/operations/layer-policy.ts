import type { Operation } from '../../../aws/operation.ts'
import { checkRevision } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { noPolicy, noStatement, statementExists } from '../errors.ts'
import { layerVersionArn } from '../layers/layer.ts'
import { checkVersionNumber, layerNotFound, readLayerName, refuseForeign } from '../layers/locate.ts'
import { policyText, toLayerStatement } from '../policy.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** Lets other accounts use a version of a layer; each version has a policy of its own. */
export const addLayerVersionPermission: Operation<
  LambdaDeps,
  LambdaInput<'AddLayerVersionPermission'>,
  LambdaOutput<'AddLayerVersionPermission'>
> = async (deps, input, call) => {
  const { key, version } = readTarget(input, call)
  const statement = toLayerStatement(input, layerVersionArn(key, version))
  const changed = await deps.layers.changePolicy(key, version, (policy) => {
    checkRevision({ revisionId: policy?.revisionId ?? '' }, input.RevisionId, 'GetLayerPolicy')
    const statements = policy?.statements ?? []
    if (statements.some(({ Sid }) => Sid === statement.Sid)) throw statementExists(input.StatementId ?? '')
    const after = [...statements, statement]
    policyText(after)
    return { revisionId: deps.random.uuid(), statements: after }
  })
  if (changed === undefined) throw layerNotFound(key, version)
  const RevisionId = changed.policy?.revisionId
  return { Statement: JSON.stringify(statement), ...(RevisionId !== undefined && { RevisionId }) }
}

export const removeLayerVersionPermission: Operation<
  LambdaDeps,
  LambdaInput<'RemoveLayerVersionPermission'>,
  LambdaOutput<'RemoveLayerVersionPermission'>
> = async (deps, input, call) => {
  const { key, version } = readTarget(input, call)
  const sid = input.StatementId ?? ''
  const changed = await deps.layers.changePolicy(key, version, (policy) => {
    const statements = policy?.statements ?? []
    if (policy === undefined || statements.length === 0) throw noPolicy()
    checkRevision(policy, input.RevisionId, 'GetLayerPolicy')
    const left = statements.filter(({ Sid }) => Sid !== sid)
    if (left.length === statements.length) throw noStatement(sid)
    return { revisionId: deps.random.uuid(), statements: left }
  })
  if (changed === undefined) throw layerNotFound(key, version)
  return {}
}

export const getLayerVersionPolicy: Operation<
  LambdaDeps,
  LambdaInput<'GetLayerVersionPolicy'>,
  LambdaOutput<'GetLayerVersionPolicy'>
> = async (deps, input, call) => {
  const { key, version } = readTarget(input, call)
  const found = await deps.layers.find(key, version)
  if (found === undefined) throw layerNotFound(key, version)
  const { revisionId, statements = [] } = found.policy ?? {}
  if (revisionId === undefined || statements.length === 0) throw noPolicy()
  return { Policy: policyText(statements), RevisionId: revisionId }
}

/** Only the layer's own account may see and change its policy. */
function readTarget(
  input: { LayerName: string | undefined; VersionNumber: number | undefined },
  call: { accountId: string; region: string; principalArn: string },
) {
  const key = readLayerName(input.LayerName ?? '', call)
  const version = input.VersionNumber ?? 0
  checkVersionNumber(version)
  refuseForeign(key, call, 'lambda:GetLayerVersionPolicy')
  return { key, version }
}
