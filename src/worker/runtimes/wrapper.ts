import type { LaunchPlan } from '../launch-plan.ts'
import type { LaunchedFunction } from './found.ts'

/** A shell, since it ends with 127 where there is no such file: that is what Lambda then reports. */
const RUN_WRAPPER = ['/bin/sh', '-c', 'exec "$0" "$@"']

/** AWS_LAMBDA_EXEC_WRAPPER: a program of the function's that starts the runtime, given as its arguments. */
export function wrapped(plan: LaunchPlan, { variables }: LaunchedFunction): LaunchPlan {
  const wrapper = variables.AWS_LAMBDA_EXEC_WRAPPER
  return wrapper === undefined || wrapper === ''
    ? plan
    : { ...plan, argv: [...RUN_WRAPPER, wrapper, ...plan.argv] }
}
