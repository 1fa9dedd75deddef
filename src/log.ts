import type { Logger } from 'pino'
import type { Settings } from './config.ts'

/** The daemon's own log: what the operator should know, as JSON lines on stderr. */
export interface Log {
  info(message: string, facts?: object): void
  warn(message: string, facts?: object): void
  error(message: string, facts?: object): void
}

/** pino costs 10 ms and 8 MB: it is loaded when there is something to say, which on most starts there is not. */
export function createLog(level: Settings['logLevel']): Log {
  let pino: Promise<Logger> | undefined
  const write = (at: 'info' | 'warn' | 'error', message: string, facts: object) => {
    if (level === 'silent') return
    pino ??= loadPino(level)
    void pino.then((logger) => logger[at](facts, message))
  }
  return {
    info: (message, facts = {}) => write('info', message, facts),
    warn: (message, facts = {}) => write('warn', message, facts),
    error: (message, facts = {}) => write('error', message, facts),
  }
}

async function loadPino(level: string): Promise<Logger> {
  const { pino, destination } = await import('pino')
  return pino({ level }, destination({ fd: 2, sync: true }))
}
