export interface PlacementSettings {
  /** Environments on this host, so that their memory and processes are bounded. */
  readonly environmentsMax: number
  /** What all environments may have of memory together, bytes: idle ones give way to stay below. */
  readonly memoryBytes: number
  /** Bytes that stay free on the machine: idle environments give way also to other programs. */
  readonly memoryFreeBytes: number
  /** Environments in their init phase at once: more would only slow each other and those that run. */
  readonly startingMax: number
  /** Invocations that wait for an environment, so that a stuck host refuses instead of hoarding payloads. */
  readonly waitingMax: number
  /** How long an environment stays without work. AWS does not say; minutes are seen. */
  readonly idleMs: number
  /** Requests a second for each unit of concurrency; 0: no limit. */
  readonly requestsPerSecond: number
  /** Environments that a function may get within ten seconds; 0: no limit. */
  readonly startsPerTenSeconds: number
}
