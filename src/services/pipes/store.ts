import type { Transaction } from 'kysely'
import type { Tables } from '../../store/database.ts'
import type { Pipe, Scope } from './pipe.ts'

export interface PipesReader {
  find(scope: Scope, name: string): Promise<Pipe | undefined>
  /** By name, in the order of bytes. */
  list(
    scope: Scope,
    query: { readonly prefix?: string; readonly after?: string; readonly limit: number },
  ): Promise<Pipe[]>
}

export interface PipesEditor extends PipesReader {
  readonly transaction: Transaction<Tables>
  save(scope: Scope, pipe: Pipe): Promise<void>
  delete(scope: Scope, name: string): Promise<void>
}

export interface PipesStore extends PipesReader {
  /** One transaction, all of it or nothing. `work` may run again, and must have no effects outside. */
  change<Result>(work: (editor: PipesEditor) => Promise<Result>): Promise<Result>
  /** Of all accounts and regions. */
  running(): Promise<(Scope & { readonly pipe: Pipe })[]>
}
