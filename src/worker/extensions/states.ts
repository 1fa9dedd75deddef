/**
 * The life of one extension, as the Extensions API sees it.
 *
 *   started ── register ──▶ registered ── next ──▶ ready ── event ──▶ running
 *                               │                    ▲                   │
 *                               │                    └────── next ───────┘
 *                               └── initError ──▶ initError
 *
 * From registered on an extension may say that it ends by exitError. `exited` and `shutdownFailed` are how one
 * that was shut down ended: by itself, or not in time. Sources: AWS's runtime interface emulator.
 */
export type ExtensionState =
  | 'started'
  | 'registered'
  | 'ready'
  | 'running'
  | 'initError'
  | 'exitError'
  | 'launchError'
  | 'exited'
  | 'shutdownFailed'

export type ExtensionEvent =
  | 'register'
  | 'next' // it asks for an event
  | 'event' // it is given one
  | 'initError' // it says that it cannot start; saying so again changes nothing
  | 'exitError' // it says that it ends; saying so again changes nothing
  | 'launchError' // its program cannot be executed
  | 'exit' // its process ended with status 0 while it was shut down
  | 'shutdownFailed' // … with another one, or it had to be ended

const TRANSITIONS: Readonly<Record<ExtensionState, Partial<Record<ExtensionEvent, ExtensionState>>>> = {
  started: { register: 'registered', launchError: 'launchError' },
  registered: { next: 'ready', initError: 'initError', exitError: 'exitError' },
  ready: { event: 'running', exitError: 'exitError' },
  running: { next: 'ready', exitError: 'exitError', exit: 'exited', shutdownFailed: 'shutdownFailed' },
  initError: { initError: 'initError' },
  exitError: { exitError: 'exitError' },
  launchError: {},
  exited: {},
  shutdownFailed: {},
}

/** The state after `event`, or `undefined` where `state` does not allow it. */
export function after(state: ExtensionState, event: ExtensionEvent): ExtensionState | undefined {
  return TRANSITIONS[state][event]
}

/** AWS's words for the states, in refusals and in logs. */
export const STATE_NAMES: Readonly<Record<ExtensionState, string>> = {
  started: 'Started',
  registered: 'Registered',
  ready: 'Ready',
  running: 'Running',
  initError: 'InitError',
  exitError: 'ExitError',
  launchError: 'LaunchError',
  exited: 'Exited',
  shutdownFailed: 'ShutdownFailed',
}
