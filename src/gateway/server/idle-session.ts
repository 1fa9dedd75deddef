import type { Http2Session } from 'node:http2'
import type { Clock } from '../../base/clock.ts'

/** Closes an HTTP/2 connection that has had no request open for `ms`. node:http does so for HTTP/1.1 itself. */
export function closeWhenIdle(session: Http2Session, clock: Clock, ms: number): void {
  const wait = () => clock.after(ms, () => session.close()).unref()
  let timer = wait()
  let open = 0
  session.on('stream', (stream) => {
    timer.cancel()
    open++
    stream.once('close', () => {
      open--
      if (open === 0 && !session.closed) timer = wait()
    })
  })
  session.once('close', () => timer.cancel())
}
