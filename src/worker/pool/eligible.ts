import type { FunctionVersion } from '../../wire/function-version.ts'
import type { UnpackedCode } from '../code/code-cache.ts'
import { isCustom, type LaunchPlan } from '../launch-plan.ts'

/** Which runtimes serve a function: those that were booted in the same way and for the same size. */
export interface Kind {
  readonly key: string
  readonly plan: LaunchPlan
  /** Part of it, as V8 takes the size of its heap at its boot, and /tmp its size when it is mounted. */
  readonly memoryMb: number
  readonly temporaryMb: number
  /** Keeps the files of /opt, which `plan` mounts, until they are released. */
  readonly takeOpt: () => Promise<UnpackedCode | undefined>
}

/**
 * Variables that an interpreter, its libraries or the dynamic linker read once, at their start. A function that
 * sets one needs a process that was started with it.
 */
const READ_AT_START =
  /^(NODE_|LD_|PYTHON|RUBY|GLIBC_|GCONV_|MALLOC_|LOCPATH$|LC_|LANG$|LANGUAGE$|SSL_CERT_|OPENSSL_|ICU_|UV_|AWS_LAMBDA_EXEC_WRAPPER$)/

/** The kind of runtime that a function can take from a pool; undefined where it needs one of its own. */
export function kindOf(
  plan: LaunchPlan,
  fn: FunctionVersion,
  takeOpt: Kind['takeOpt'] = async () => undefined,
): Kind | undefined {
  if (plan.canWait !== true || isCustom(fn.runtime) || fn.managed !== undefined) return undefined
  // Mounted, and with another umask, from the start.
  if (fn.fileSystem !== undefined) return undefined
  if (Object.keys(fn.variables).some((name) => READ_AT_START.test(name))) return undefined
  const { memoryMb, ephemeralStorageMb: temporaryMb } = fn
  const key = JSON.stringify([plan.argv, plan.env, plan.mounts, memoryMb, temporaryMb])
  return { key, plan, memoryMb, temporaryMb, takeOpt }
}
