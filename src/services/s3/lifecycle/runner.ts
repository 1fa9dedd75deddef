import type { Timer } from '../../../base/clock.ts'
import type { Leases } from '../../../store/leases.ts'
import type { Bucket } from '../bucket.ts'
import type { S3Deps } from '../deps.ts'
import type { StoredFile } from '../object.ts'
import { addDeleteMarker, removeVersion } from '../remove.ts'
import type { PlacedVersion, S3Editor } from '../store.ts'
import { type Action, abortOf, actionOf, type Placed } from './due.ts'
import { DAY_MS } from './read-rules.ts'

export interface LifecycleDeps extends Omit<S3Deps, 'ageObjects' | 'switchboard'> {
  readonly leases: Leases
  /** This process. */
  readonly owner: string
  readonly reportFault: (error: unknown) => void
}

const LEASE_NAME = 's3-lifecycle'
const LEASE_MS = 60_000
const PAGE = 500

/**
 * Carries out the buckets' lifecycle rules: at every midnight in UTC, where all that falls due does, when it starts,
 * and when rules are put. One node at a time; what it left undone, the next run finds again.
 */
export class LifecycleRunner {
  readonly #deps: LifecycleDeps
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #isWanted = false
  #isStopped = false

  constructor(deps: LifecycleDeps) {
    this.#deps = deps
  }

  start(): void {
    this.run()
    this.#waitForMidnight()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#running
  }

  /** Runs soon; once more, where a run is under way. */
  run(): void {
    this.#isWanted = true
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined
    })
  }

  #waitForMidnight(): void {
    const { clock } = this.#deps
    const left = DAY_MS - (clock.now() % DAY_MS)
    this.#timer = clock.after(left, () => {
      this.run()
      this.#waitForMidnight()
    })
    this.#timer.unref()
  }

  async #runAll(): Promise<void> {
    try {
      while (this.#isWanted && !this.#isStopped) {
        this.#isWanted = false
        await this.#runOnce()
      }
    } catch (error) {
      // What was not done is found by the next run.
      this.#deps.reportFault(error)
    }
  }

  async #runOnce(): Promise<void> {
    const { store, leases, owner } = this.#deps
    // A machine that slept may have lost it. Each change looks for itself whether it is still due.
    const takeLease = () => leases.acquire(LEASE_NAME, owner, LEASE_MS)
    const mayGoOn = async () => !this.#isStopped && (await takeLease()) !== undefined
    if (!(await mayGoOn())) return
    for (const bucket of await store.agingBuckets()) {
      await this.#ageVersions(bucket, mayGoOn)
      await this.#abortUploads(bucket, mayGoOn)
    }
    const lease = await takeLease()
    if (lease !== undefined) await leases.release(lease)
  }

  async #ageVersions(bucket: Bucket, mayGoOn: () => Promise<boolean>): Promise<void> {
    const { store, clock } = this.#deps
    const neighbours = new Neighbours()
    let last: PlacedVersion | undefined
    do {
      if (!(await mayGoOn())) return
      const page: PlacedVersion[] = await store.versions(bucket.name, {
        prefix: '',
        limit: PAGE,
        ...(last !== undefined && { after: last.version.key, afterSeq: last.seq }),
      })
      last = page.at(-1)
      for (const placed of neighbours.add(page, page.length < PAGE)) {
        if (actionOf(bucket, placed, clock.now()) !== undefined) await this.#age(bucket.name, placed)
      }
    } while (last !== undefined)
  }

  async #age(name: string, placed: Placed): Promise<void> {
    const { store, files, clock } = this.#deps
    const unwanted = await store.change(async (editor) => {
      // Since then the rules may have changed, and the object, too.
      const bucket = await editor.bucket(name)
      const { key, versionId } = placed.version
      const found = await editor.version(name, key, versionId)
      const latest = await editor.latest(name, key)
      const isSame = found?.version.modifiedAt === placed.version.modifiedAt
      if (bucket === undefined || found === undefined || !isSame) return []
      if ((latest?.seq === found.seq) !== placed.isCurrent) return []
      const action = actionOf(bucket, { ...placed, version: found.version }, clock.now())
      return action === undefined ? [] : this.#act(editor, bucket, { found, placed, action })
    })
    await files.remove(unwanted)
  }

  async #act(
    editor: S3Editor,
    bucket: Bucket,
    { found, placed, action }: { found: PlacedVersion; placed: Placed; action: Action },
  ): Promise<readonly StoredFile[]> {
    const { announce, random } = this.#deps
    const cause = { accountId: bucket.accountId, requestId: random.uuid(), isS3: true }
    const { key, versionId } = found.version
    if (action.kind === 'transition') {
      const version = { ...found.version, storageClass: action.storageClass }
      await editor.saveVersion(bucket.name, { version, seq: found.seq })
      await announce(editor.transaction, bucket, { event: 'LifecycleTransition', version, cause })
      return []
    }
    const isHidden = placed.isCurrent && bucket.versioning !== undefined && !found.version.isDeleteMarker
    const removed = isHidden
      ? await addDeleteMarker(this.#deps, editor, bucket, {
          key,
          cause,
          event: 'LifecycleExpiration:DeleteMarkerCreated',
        })
      : await removeVersion(this.#deps, editor, bucket, {
          key,
          versionId,
          cause,
          event: 'LifecycleExpiration:Delete',
        })
    return removed.files
  }

  async #abortUploads(bucket: Bucket, mayGoOn: () => Promise<boolean>): Promise<void> {
    const { store, files, clock } = this.#deps
    let after: { after: string; afterId: string } | undefined
    do {
      if (!(await mayGoOn())) return
      const page = await store.uploads(bucket.name, { prefix: '', limit: PAGE, ...after })
      for (const upload of page) {
        const due = abortOf(bucket, upload)
        if (due === undefined || due.at > clock.now()) continue
        await files.remove(await store.change((editor) => editor.removeUpload(upload, [])))
      }
      const last = page.at(-1)
      after = last && { after: last.key, afterId: last.id }
    } while (after !== undefined)
  }
}

/** Says of each version, as they come by key and from the newest on, where it stands among those of its key. */
class Neighbours {
  #held: Placed | undefined;

  /** One version is held back, since the next decides whether it is the only one of its key. */
  *add(page: readonly PlacedVersion[], isLastPage: boolean): Iterable<Placed> {
    for (const { version } of page) {
      const before = this.#held
      const isCurrent = before?.version.key !== version.key
      if (before !== undefined) yield { ...before, isOnly: before.isCurrent && isCurrent }
      this.#held = {
        version,
        isCurrent,
        isOnly: false,
        noncurrentSince: before?.version.modifiedAt ?? 0,
        newerNoncurrent:
          isCurrent || before === undefined ? 0 : before.newerNoncurrent + (before.isCurrent ? 0 : 1),
      }
    }
    if (isLastPage && this.#held !== undefined) {
      yield { ...this.#held, isOnly: this.#held.isCurrent }
      this.#held = undefined
    }
  }
}
