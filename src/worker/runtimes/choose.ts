import type { Installed, Version } from './installed.ts'

/** Less than 0 where `a` is the older one. What is not known counts as 0. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Whether the version is of the wanted line: 3.12.1 of 3.12, 22.1.0 of 22. */
export function isOfLine(version: Version, line: Version): boolean {
  return line.every((part, i) => version[i] === part)
}

/**
 * Of the wanted line the newest; otherwise of the nearest line, a newer one rather than an older, since code
 * for an older interpreter mostly runs on a newer one.
 */
export function chooseInstalled(
  installed: readonly Installed[],
  line: Version,
): { chosen: Installed; exact: boolean } | undefined {
  const exact = newest(installed.filter(({ version }) => isOfLine(version, line)))
  if (exact !== undefined) return { chosen: exact, exact: true }

  const lineOf = (version: Version) => version.slice(0, line.length)
  const byDistance = [...installed].sort((a, b) => compareVersions(lineOf(a.version), lineOf(b.version)))
  const nearest =
    byDistance.find(({ version }) => compareVersions(lineOf(version), line) > 0) ?? byDistance.at(-1)
  if (nearest === undefined) return undefined
  const chosen = newest(byDistance.filter(({ version }) => isOfLine(version, lineOf(nearest.version))))
  return chosen === undefined ? undefined : { chosen, exact: false }
}

function newest(installed: readonly Installed[]): Installed | undefined {
  let best: Installed | undefined
  for (const one of installed) {
    if (best === undefined || compareVersions(one.version, best.version) > 0) best = one
  }
  return best
}
