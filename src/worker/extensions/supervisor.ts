import type { Exit } from '../launcher/protocol.ts'

/**
 * Where external extensions run beside a runtime, a shell is the sandbox's first process: it starts them and, when
 * it is told to, the runtime; says by descriptor 8 which process ids they got and how each ended; and sends
 * signals. A shell, since every sandbox has one. Descriptor 9 is the output of extensions. It ends, and with it
 * the sandbox, when its standard input does.
 */
const SCRIPT = `
report='echo "started $0 $$" >&8; exec "$@" 8>&-'
count=$1; shift
hidden=$1; shift
i=0
while [ "$i" -lt "$count" ]; do
  i=$((i + 1))
  program=$1; shift
  (
    exec 2>/dev/null
    unset $hidden
    cd /
    /bin/sh -c "$report" "$i" "$program" </dev/null >&9 2>&9 3>&- 9>&- &
    wait $!
    echo "ended $i $?" >&8
  ) &
done
while read -r order process; do
  case $order in
    start)
      (
        exec 5>&2 2>/dev/null
        /bin/sh -c "$report" 0 "$@" </dev/null 2>&5 9>&- 5>&- &
        wait $!
        echo "ended 0 $?" >&8
      ) & ;;
    *) kill "-$order" "$process" ;;
  esac
done 2>/dev/null
`

/** What a function's runtime knows and its extensions do not (Developer Guide, "Lambda Extensions API"). */
const HIDDEN = [
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_LOG_FORMAT',
  'AWS_LAMBDA_LOG_LEVEL',
  'AWS_XRAY_CONTEXT_MISSING',
  'AWS_XRAY_DAEMON_ADDRESS',
  '_AWS_XRAY_DAEMON_ADDRESS',
  '_AWS_XRAY_DAEMON_PORT',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
  '_HANDLER',
  '_LAMBDA_TELEMETRY_LOG_FD',
  'LAMBDAD_RUNTIME_SOCKET',
]

/** The command that starts extensions, by their paths inside, and later the runtime. */
export function supervised(programs: readonly string[], runtime: readonly string[]): string[] {
  return ['/bin/sh', '-c', SCRIPT, 'lambdad', `${programs.length}`, HIDDEN.join(' '), ...programs, ...runtime]
}

/** The runtime's number among the processes of a supervisor; extensions count from 1. */
export const RUNTIME = 0

/** The longest that is kept of an unfinished line. What is longer was not written by the supervisor. */
const LINE_MAX = 100

/** What supervisors are told, and how. */
export interface SupervisorPipe {
  tell(line: string): void
}

/** The daemon's side of a supervisor: which processes there are, and how they ended. */
export class Supervisor {
  readonly #pipe: SupervisorPipe
  readonly #pids = new Map<number, number>()
  #line = ''
  #onEnded: (process: number, exit: Exit) => void = () => {}
  /** What ended before anybody listened. */
  #early: [number, Exit][] = []
  #listening = false

  constructor(pipe: SupervisorPipe) {
    this.#pipe = pipe
  }

  /** Each process that ends, once. */
  onEnded(listener: (process: number, exit: Exit) => void): void {
    this.#onEnded = listener
    this.#listening = true
    for (const [process, exit] of this.#early.splice(0)) listener(process, exit)
  }

  startRuntime(): void {
    this.#pipe.tell('start 0')
  }

  /** Without effect on a process that has ended or has not started. */
  signal(process: number, signal: 'TERM' | 'KILL'): void {
    const pid = this.#pids.get(process)
    if (pid !== undefined) this.#pipe.tell(`${signal} ${pid}`)
  }

  /** What was read of descriptor 8. */
  read(bytes: Uint8Array): void {
    const lines = (this.#line + Buffer.from(bytes).toString('latin1')).split('\n')
    this.#line = (lines.pop() as string).slice(0, LINE_MAX)
    for (const line of lines) this.#report(line)
  }

  #report(line: string): void {
    const [, what, process, value] = /^(started|ended) (\d+) (\d+)$/.exec(line) ?? []
    if (what === undefined) return
    if (what === 'started') this.#pids.set(Number(process), Number(value))
    else this.#ended(Number(process), Number(value))
  }

  #ended(process: number, code: number): void {
    if (!this.#pids.delete(process)) return
    const exit: Exit = { code, signal: null }
    if (this.#listening) this.#onEnded(process, exit)
    else this.#early.push([process, exit])
  }
}
