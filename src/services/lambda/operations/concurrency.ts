import type { Operation } from '../../../aws/operation.ts'
import { notForManagedInstances } from '../capacity/errors.ts'
import { changeFunction } from '../change.ts'
import type { LambdaDeps } from '../deps.ts'
import { invalidParameter } from '../errors.ts'
import { findFunction } from '../find.ts'
import { functionArn, LATEST } from '../function.ts'
import { readUnqualifiedName } from '../function-name.ts'
import type { AccountLimits } from '../limits.ts'
import { checkReservation } from '../provisioned/checks.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

/** Reserves concurrency for a function, of which functions without a reservation must keep their share. */
export const putFunctionConcurrency: Operation<
  LambdaDeps,
  LambdaInput<'PutFunctionConcurrency'>,
  LambdaOutput<'PutFunctionConcurrency'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  const wanted = input.ReservedConcurrentExecutions ?? 0
  // Where there is no function, AWS names its $LATEST.
  await changeFunction(
    deps,
    key,
    async (editing) => {
      const { fn, head, latest } = editing
      if (latest.configuration.capacity !== undefined) throw notForManagedInstances('Reserved concurrency')
      await checkReservation(editing, wanted)
      const unreserved = deps.limits.concurrentExecutions - (await fn.reservedByOthers()) - wanted
      // Nothing is taken from the others by reserving nothing.
      if (wanted > 0 && unreserved < deps.limits.unreservedMin) throw tooLittleLeft(deps.limits)
      await fn.save({ ...head, reservedConcurrency: wanted })
    },
    functionArn(key, LATEST),
  )
  return { ReservedConcurrentExecutions: wanted }
}

export const getFunctionConcurrency: Operation<
  LambdaDeps,
  LambdaInput<'GetFunctionConcurrency'>,
  LambdaOutput<'GetFunctionConcurrency'>
> = async (deps, input, call) => {
  const { reservedConcurrency } = await findFunction(
    deps,
    readUnqualifiedName(input.FunctionName ?? '', call),
  )
  // AWS leaves the member out where nothing is reserved; 0 is a reservation.
  return reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency }
}

export const deleteFunctionConcurrency: Operation<
  LambdaDeps,
  LambdaInput<'DeleteFunctionConcurrency'>,
  LambdaOutput<'DeleteFunctionConcurrency'>
> = async (deps, input, call) => {
  const key = readUnqualifiedName(input.FunctionName ?? '', call)
  await changeFunction(deps, key, ({ fn, head }) => fn.save({ ...head, reservedConcurrency: undefined }))
  return {}
}

function tooLittleLeft({ unreservedMin }: AccountLimits) {
  return invalidParameter(
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution " +
      `below its minimum value of [${unreservedMin}].`,
  )
}
