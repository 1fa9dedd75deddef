import { SettingError, type Settings } from '../src/config.ts'
import { StoreError } from '../src/store/errors.ts'
import { NoNetwork } from '../src/worker/network/choose.ts'
import { ExpectedError } from './arguments.ts'

/** What keeps lambdad from starting, in words that say what to do; other errors as they are. */
export function explained(error: unknown, settings: Settings): unknown {
  const code = (error as NodeJS.ErrnoException).code
  const address = `${settings.host}:${settings.port}`
  if (code === 'EADDRINUSE') {
    return new ExpectedError(
      `port ${settings.port} on ${settings.host} is taken. Stop what listens there, or choose another with --port (0 takes any).`,
    )
  }
  if (code === 'EACCES' && (error as NodeJS.ErrnoException).syscall === 'listen') {
    return new ExpectedError(`may not listen on ${address}: ports below 1024 need privileges.`)
  }
  if (code === 'EADDRNOTAVAIL') return new ExpectedError(`this machine has no address ${settings.host}.`)
  if (error instanceof SettingError || error instanceof NoNetwork) return new ExpectedError(error.message)
  if (error instanceof StoreError) return new ExpectedError(error.message)
  return error
}
