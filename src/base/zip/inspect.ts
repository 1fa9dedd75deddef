import { Archive } from './archive.ts'
import { LAMBDA_ZIP_LIMITS, type Planned, planOf, type ZipLimits } from './plan.ts'
import { isSmall, readLarge, readSmall } from './read.ts'

export interface ZipSummary {
  /** Files, folders and links. 0 for an empty archive, which is a valid one. */
  readonly entries: number
  /** Of all files, unzipped. */
  readonly unzippedBytes: number
}

/**
 * Reads the whole archive, every byte of data inflated and its checksum compared, and writes nothing.
 * Throws a `ZipError` where `unpackZip` would.
 */
export async function inspectZip(
  file: string | Buffer,
  limits: ZipLimits = LAMBDA_ZIP_LIMITS,
): Promise<ZipSummary> {
  const archive = new Archive(file)
  try {
    const plan = await planOf(archive, limits)
    const pause = pauser()
    for (const planned of plan) {
      await check(archive, planned)
      await pause(planned.bytes)
    }
    return { entries: plan.length, unzippedBytes: plan.reduce((sum, { bytes }) => sum + bytes, 0) }
  } finally {
    archive.closeFile()
  }
}

async function check(archive: Archive, planned: Planned): Promise<void> {
  // A link's data was read and compared for the plan.
  if (planned.kind !== 'file') return
  if (isSmall(planned)) readSmall(archive, planned)
  else await readLarge(archive, planned, async () => {})
}

/** Work on this thread between two turns of the event loop: some 2 ms of it. */
const ENTRIES_A_TURN = 32
const BYTES_A_TURN = 1024 * 1024

/** Lets others have the event loop now and then; a package of one file never waits. */
export function pauser(): (bytes: number) => Promise<void> | undefined {
  let entries = 0
  let bytes = 0
  return (more) => {
    entries += 1
    bytes += more
    if (entries < ENTRIES_A_TURN && bytes < BYTES_A_TURN) return undefined
    entries = 0
    bytes = 0
    return new Promise((resolve) => setImmediate(resolve))
  }
}
