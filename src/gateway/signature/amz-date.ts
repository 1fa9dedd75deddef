const BASIC = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

/** Milliseconds since the epoch of `20261121T070809Z`; undefined where it is no such date. */
export function parseAmzDate(text: string): number | undefined {
  const parts = BASIC.exec(text)
  if (parts === null) return undefined
  const [, year, month, day, hour, minute, second] = parts.map(Number) as [number, ...number[]]
  const at = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second)
  // Date.UTC carries over: the 31st of April would be the 1st of May.
  return formatAmzDate(at) === text ? at : undefined
}

/** `20261121T070809Z` */
export function formatAmzDate(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** `2026-11-21T07:08:09Z`, as S3 writes times into its errors. */
export function formatS3Date(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** The `Date` header counts where there is no `X-Amz-Date`: in the basic form, or as HTTP writes it. */
export function amzDateOf(headers: Readonly<Record<string, string>>): string | undefined {
  const own = headers['x-amz-date']
  if (own !== undefined) return own
  const { date } = headers
  if (date === undefined || BASIC.test(date)) return date
  const at = Date.parse(date)
  return Number.isNaN(at) ? date : formatAmzDate(at)
}
