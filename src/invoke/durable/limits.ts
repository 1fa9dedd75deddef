// Lambda Developer Guide, "Lambda quotas", and the texts of the refusals that carry the figures.

/** Operations of one execution. */
export const OPERATIONS_MAX = 3000
/** Payloads of one execution together. */
export const STORED_BYTES_MAX = 100 * 2 ** 20
/** What one operation may carry; what is more goes elsewhere, and the SDKs see to it. */
export const PAYLOAD_BYTES_MAX = 256 * 1024
export const CHAINED_PAYLOAD_BYTES_MAX = 2 ** 20
export const ERROR_BYTES_MAX = 32 * 1024
/** A caller who waits gets as much as from any function; where nobody waits, as much as an event may have. */
export const SYNC_BYTES_MAX = 6 * 2 ** 20
export const ASYNC_BYTES_MAX = 2 ** 20
/** A caller waits as long as for any function. */
export const SYNC_TIMEOUT_SECONDS_MAX = 900
/** How long the repetition of a checkpoint gets the same answer. */
export const CLIENT_TOKEN_MS = 15 * 60_000
/** What goes into one page of operations or events, beside the first of them. */
export const PAGE_BYTES_MAX = 4 * 2 ** 20
export const PAGE_ITEMS_MAX = 1000
/** AWS does not say how often a crashing invocation is repeated; minutes were seen. */
export const ATTEMPTS_MAX = 5
export const FIRST_RETRY_MS = 1000
