export { ZipError, type ZipRefusal } from './error.ts'
export { inspectZip, type ZipSummary } from './inspect.ts'
export { LAMBDA_ZIP_LIMITS, type ZipLimits } from './plan.ts'
export { unpackZip } from './unpack.ts'
