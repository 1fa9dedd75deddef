import type { Scope } from '../function.ts'
import type { CodeSigningConfig } from './config.ts'

export interface ConfigKey extends Scope {
  readonly id: string
}

/** Where code signing configurations are kept. Every method is one transaction. */
export interface CodeSigningStore {
  create(config: CodeSigningConfig): Promise<void>
  find(key: ConfigKey): Promise<CodeSigningConfig | undefined>
  /** By id. */
  list(scope: Scope, page: { after?: readonly string[]; max: number }): Promise<CodeSigningConfig[]>
  /** Changes of the same one run after another. Undefined where there is none. */
  change(
    key: ConfigKey,
    work: (config: CodeSigningConfig) => CodeSigningConfig,
  ): Promise<CodeSigningConfig | undefined>
  /** One that a function has stays. */
  delete(key: ConfigKey): Promise<'deleted' | 'missing' | 'in use'>
  /** The functions that have it, by name. */
  functionsOf(key: ConfigKey, page: { after?: readonly string[]; max: number }): Promise<string[]>
}
