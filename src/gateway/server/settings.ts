/** What a gateway allows its clients. Times in milliseconds, sizes in bytes. */
export interface ServerSettings {
  /** Request line and headers together. Lambda allows 1 MB (Developer Guide, "Lambda quotas"). */
  readonly headerBytesMax: number
  /** Against clients that send their headers a byte at a time, to hold a connection. */
  readonly headersTimeoutMs: number
  /** For a whole request to come in, body and all; an upload of 5 GB takes minutes. */
  readonly requestTimeoutMs: number
  /** How long an idle connection is kept for its client's next request. */
  readonly keepAliveTimeoutMs: number
  /** More are closed as soon as they are made: each takes a file descriptor, and a body's memory. */
  readonly connectionsMax: number
  /** Request bodies that are held in memory, over all connections: more get 503, and are tried again. */
  readonly bodyBytesMax: number
  /** Of one HTTP/2 connection, at a time. */
  readonly streamsMax: number
  /** How long `stop` waits for requests that are being answered. */
  readonly stopGraceMs: number
}

export const defaultServerSettings: ServerSettings = {
  headerBytesMax: 1024 * 1024,
  headersTimeoutMs: 30_000,
  requestTimeoutMs: 15 * 60_000,
  // Longer than the minute for which load balancers keep theirs, lest both close at once.
  keepAliveTimeoutMs: 65_000,
  connectionsMax: 4096,
  bodyBytesMax: 1024 * 1024 * 1024,
  streamsMax: 128,
  stopGraceMs: 5_000,
}
