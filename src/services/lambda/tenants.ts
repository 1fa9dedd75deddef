import { notTenantIsolated, tenantNeeded } from './invoke-errors.ts'

/** Functions that isolate their tenants are told whose event it is, and no others. */
export function checkTenant(isIsolated: boolean | undefined, tenantId: string | undefined): void {
  if (isIsolated && tenantId === undefined) throw tenantNeeded()
  if (!isIsolated && tenantId !== undefined) throw notTenantIsolated()
}
