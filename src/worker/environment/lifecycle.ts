/**
 * The life of an execution environment.
 *
 *                                          responding ──────┐
 *                                            ▲  │           │
 *                                     respond│  │      responded
 *                                            │  │           ▼
 *   starting ── next ──▶ idle ── assign ──▶ invoking ── answer ──▶ answered
 *      │                  ▲ │                ▲    │                 │    │
 *      │                  │ │                │    │                 │    │
 *      │                  └─┼────────────────┼────┼──── next ───────┘    │
 *      │                    │               next  │                      │
 *      └── its runtime ─────┴──▶ dormant ◀───────┴──────────────────────┘
 *          fails                   │  ▲      │
 *                               assign│      │
 *                                  ▼  │      │
 *                               restarting ──┘
 *
 * An environment that has answered is not free yet: what the handler left running may still be at work. It is
 * free when its runtime asks for the next event. One whose runtime failed is not lost: its next invocation
 * starts the runtime again, inside that invocation's time ("suppressed init").
 */
export type State =
  | 'starting'
  | 'idle'
  | 'invoking'
  | 'responding'
  | 'answered'
  | 'dormant'
  | 'restarting'
  | 'stopped'

export type Event =
  | 'next' // the runtime asks for an event; asking again before it answers is allowed
  | 'assign' // placement gives it an invocation
  | 'answer' // the runtime posts a response, or an error
  | 'respond' // the runtime begins a response that is streamed
  | 'responded' // that response has ended, well or not
  | 'initError' // the runtime says that it cannot start
  | 'timeout' // init or the invocation ran past its deadline
  | 'exit' // the runtime's process ended
  | 'retire' // placement wants it gone: idle too long, or its version was replaced

const TRANSITIONS: Readonly<Record<State, Partial<Record<Event, State>>>> = {
  starting: { next: 'idle', initError: 'dormant', timeout: 'dormant', exit: 'dormant', retire: 'stopped' },
  idle: { next: 'idle', assign: 'invoking', exit: 'dormant', retire: 'stopped' },
  invoking: {
    next: 'invoking',
    answer: 'answered',
    respond: 'responding',
    timeout: 'dormant',
    exit: 'dormant',
  },
  responding: { responded: 'answered', timeout: 'dormant', exit: 'dormant' },
  answered: { next: 'idle', timeout: 'dormant', exit: 'dormant' },
  dormant: { assign: 'restarting', retire: 'stopped' },
  restarting: { next: 'invoking', initError: 'dormant', timeout: 'dormant', exit: 'dormant' },
  stopped: {},
}

/** The state after `event`, or `undefined` where `state` does not allow it. */
export function after(state: State, event: Event): State | undefined {
  return TRANSITIONS[state][event]
}

/** AWS's words for the states, as the Runtime API uses them when it refuses a call. */
export const RUNTIME_STATES: Readonly<Record<State, string>> = {
  starting: 'Started',
  idle: 'Ready',
  invoking: 'Running',
  responding: 'InvocationResponse',
  answered: 'RuntimeResponseSent',
  dormant: 'InitError',
  restarting: 'Started',
  stopped: 'InitError',
}
