import type { Transaction } from 'kysely'
import type { Tables } from '../../store/database.ts'
import type { Archive, Replay } from './archive.ts'
import type { Bus } from './bus.ts'
import type { ApiDestination, Connection } from './connection.ts'
import type { Rule } from './rule.ts'
import type { Scope } from './scope.ts'

/** What EventBridge keeps, each under its name; rules also under that of their bus. */
export interface Resources {
  readonly bus: Bus
  readonly rule: Rule
  readonly archive: Archive
  readonly replay: Replay
  readonly connection: Connection
  readonly destination: ApiDestination
}

export type Kind = keyof Resources

export interface ListQuery {
  /** Of rules: the bus whose they are. */
  readonly bus?: string
  readonly prefix?: string
  /** Names behind this one. */
  readonly after?: string
  readonly limit?: number
}

export interface ResourceReader {
  find<K extends Kind>(scope: Scope, kind: K, name: string, bus?: string): Promise<Resources[K] | undefined>
  /** In the order of their names. */
  list<K extends Kind>(scope: Scope, kind: K, query?: ListQuery): Promise<Resources[K][]>
}

export interface ResourceEditor extends ResourceReader {
  readonly transaction: Transaction<Tables>
  /** Adds it, or puts it in the place of the one with its name. `dueAt`: when it is to be looked at by itself. */
  save<K extends Kind>(scope: Scope, kind: K, resource: Resources[K], dueAt?: number): Promise<void>
  /** Changes nothing but the tags of a rule: its schedule goes on. */
  retag(scope: Scope, rule: Resources['rule']): Promise<void>
  /** What was due, if it still is: undefined where another node was quicker, or it has been changed. */
  findDue<K extends Kind>(kind: K, due: Due<K>): Promise<Resources[K] | undefined>
  remove(scope: Scope, kind: Kind, name: string, bus?: string): Promise<void>
  /** Keeps an event for replays. */
  keep(scope: Scope, archive: string, event: { readonly time: number; readonly text: string }): Promise<void>
  forgetArchive(scope: Scope, archive: string): Promise<void>
}

/** Something whose time has come: a scheduled rule, or a replay that runs. */
export interface Due<K extends Kind> extends Scope {
  readonly resource: Resources[K]
  readonly dueAt: number
}

export interface KeptEvent {
  readonly id: number
  readonly time: number
  readonly text: string
}

export interface EventBridgeStore extends ResourceReader {
  /** One transaction, all of it or nothing. `work` may run again, and must have no effects outside. */
  change<Result>(work: (editor: ResourceEditor) => Promise<Result>): Promise<Result>
  /** What is due, the longest waiting first, of all accounts. */
  due<K extends Kind>(kind: K, now: number, limit: number): Promise<Due<K>[]>
  /** When the next one is due. */
  nextDue(kind: Kind): Promise<number | undefined>
  /** The kept events of a span of time, by time and then by id, behind `after`. */
  keptEvents(
    scope: Scope,
    archive: string,
    span: {
      readonly from: number
      readonly to: number
      readonly after?: { readonly time: number; readonly id: number }
      readonly limit: number
    },
  ): Promise<KeptEvent[]>
  archiveSize(scope: Scope, archive: string): Promise<{ readonly events: number; readonly bytes: number }>
  /** Forgets what is older than its archive keeps; at most so many at once. Returns how many. */
  removeExpired(now: number, limit: number): Promise<number>
}
