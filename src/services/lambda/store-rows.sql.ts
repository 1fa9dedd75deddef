import type { Generated } from 'kysely'
import type { RecursiveLoop } from '../../invoke/recursion.ts'
import { type FunctionKey, LATEST, LATEST_PUBLISHED, type Scope, type StoredFunction } from './function.ts'

/** The tables of the migrations whose names begin with `lambda`, and `provisioned`. Integers may come as strings from PostgreSQL. */
export type LambdaTables = {
  lambda_functions: KeyColumns & {
    tags: string
    reserved_concurrency: number | null
    recursive_loop: string | null
    changes: Generated<number>
  }
  lambda_versions: KeyColumns & {
    number: number
    code_sha256: string
    running_sha256: string | null
    code_bytes: number
    settled: number
    record: string
  }
  lambda_aliases: KeyColumns & { alias: string; version: string; record: string }
  lambda_event_configs: KeyColumns & { qualifier: string; record: string }
  lambda_policies: KeyColumns & { qualifier: string; statements: string }
  lambda_version_numbers: KeyColumns & { last: number }
  lambda_accounts: { account_id: string; region: string; changes: number }
  lambda_provisioned: ProvisionedRow
  lambda_capacity_providers: KeyColumns & { record: string }
  lambda_managed_versions: KeyColumns & { version: string; provider: string; scaling: string | null }
  lambda_layers: { account_id: string; region: string; layer: string; last: number }
  lambda_layer_versions: {
    account_id: string
    region: string
    layer: string
    number: number
    sha256: string
    code_bytes: number
    runtimes: string
    architectures: string
    record: string
  }
  lambda_urls: KeyColumns & { qualifier: string; url_id: string; record: string }
  lambda_code_signing_configs: { account_id: string; region: string; id: string; record: string }
  lambda_code_signing: KeyColumns & { config_id: string }
  lambda_version_layers: KeyColumns & { number: number; sha256: string }
  lambda_code_pins: { id: string; sha256: string; pinned_until: number }
}

export type ProvisionedRow = KeyColumns & {
  qualifier: string
  id: string
  requested: number
  last_modified: number
  progress: string
}

type KeyColumns = {
  account_id: string
  region: string
  name: string
}

export function columnsOf(key: FunctionKey): KeyColumns {
  return { account_id: key.accountId, region: key.region, name: key.name }
}

export function columnsOfScope(scope: Scope): { account_id: string; region: string } {
  return { account_id: scope.accountId, region: scope.region }
}

/** `$LATEST` is kept as 0, so that it comes first, and `$LATEST.PUBLISHED` before it, so that lists begin without it. What is no number comes after all that are. */
export function numberOf(version: string): number {
  if (version === LATEST) return 0
  if (version === LATEST_PUBLISHED) return -1
  const number = Number(version)
  return Number.isSafeInteger(number) ? number : Number.MAX_SAFE_INTEGER
}

export function versionOf(number: number): string {
  if (number === -1) return LATEST_PUBLISHED
  return number === 0 ? LATEST : String(number)
}

export function toFunction(
  row: KeyColumns & { tags: string; reserved_concurrency: number | null; recursive_loop: string | null },
): StoredFunction {
  const reserved = row.reserved_concurrency
  return {
    accountId: row.account_id,
    region: row.region,
    name: row.name,
    tags: JSON.parse(row.tags),
    reservedConcurrency: reserved === null ? undefined : Number(reserved),
    ...(row.recursive_loop !== null && { recursiveLoop: row.recursive_loop as RecursiveLoop }),
  }
}
