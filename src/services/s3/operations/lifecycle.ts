import type { Bucket } from '../bucket.ts'
import type { S3Deps, S3Operation } from '../deps.ts'
import { noSuchBucket, notSet } from '../errors.ts'
import { findBucket } from '../find.ts'
import { readLifecycleRules } from '../lifecycle/read-rules.ts'
import type { LifecycleRule } from '../lifecycle/rule.ts'

/** Of what transitions move where a rule names no size; all storage classes there are have the same. */
const MINIMUM_SIZE = 'all_storage_classes_128K'

export const putBucketLifecycleConfiguration: S3Operation<'PutBucketLifecycleConfiguration'> = async (
  deps,
  input,
  call,
) => {
  const { name } = await findBucket(deps.store, input, call)
  const rules = readLifecycleRules(input.LifecycleConfiguration?.Rules ?? [], deps.random)
  const size = input.TransitionDefaultMinimumObjectSize ?? MINIMUM_SIZE
  await save(deps, name, { lifecycle: rules, transitionMinimumSize: size })
  // On AWS it takes up to two days until rules act on what is there.
  deps.ageObjects()
  return { TransitionDefaultMinimumObjectSize: size }
}

export const getBucketLifecycleConfiguration: S3Operation<'GetBucketLifecycleConfiguration'> = async (
  { store },
  input,
  call,
) => {
  const { name, lifecycle, transitionMinimumSize } = await findBucket(store, input, call)
  if (lifecycle === undefined) {
    throw notSet('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist', name)
  }
  return {
    Rules: lifecycle.map(shown) as never,
    TransitionDefaultMinimumObjectSize: (transitionMinimumSize ?? MINIMUM_SIZE) as typeof MINIMUM_SIZE,
  }
}

export const deleteBucketLifecycle: S3Operation<'DeleteBucketLifecycle'> = async (deps, input, call) => {
  const { name } = await findBucket(deps.store, input, call)
  await save(deps, name, { lifecycle: undefined, transitionMinimumSize: undefined })
  return {}
}

async function save(
  { store }: S3Deps,
  name: string,
  changed: { readonly [Member in 'lifecycle' | 'transitionMinimumSize']: Bucket[Member] | undefined },
): Promise<void> {
  await store.change(async (editor) => {
    const bucket = await editor.bucket(name)
    if (bucket === undefined) throw noSuchBucket(name)
    await editor.saveBucket({ ...bucket, ...changed } as Bucket)
  })
}

/** As it was put, but for the dates. */
function shown(rule: LifecycleRule) {
  const dated = <Dated extends { readonly Date?: number }>({ Date: date, ...rest }: Dated) =>
    date === undefined ? rest : { ...rest, Date: new Date(date) }
  return {
    ...rule,
    ...(rule.Expiration && { Expiration: dated(rule.Expiration) }),
    ...(rule.Transitions && { Transitions: rule.Transitions.map(dated) }),
  }
}
