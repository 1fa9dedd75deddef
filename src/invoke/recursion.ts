import { AwsError } from '../aws/error.ts'

/** How often a function may be invoked in one chain ("approximately 16 times", Developer Guide, "Recursive loop detection"). */
export const ROUNDS_MAX = 16

/** What a function does about loops: AWS stops them by default. */
export type RecursiveLoop = 'Terminate' | 'Allow'

/** The text is that of the shape's description; AWS's own has not been recorded. */
export function recursiveInvocation(): AwsError {
  return new AwsError(
    'RecursiveInvocationException',
    "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation.",
    { status: 400, members: { Type: 'User' } },
  )
}

export function isRecursiveInvocation(error: unknown): boolean {
  return error instanceof AwsError && error.code === 'RecursiveInvocationException'
}
