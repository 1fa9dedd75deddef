/** The languages of Lambda's managed runtimes, and `provided` for a `bootstrap` of one's own. */
export type RuntimeFamily = 'nodejs' | 'python' | 'provided' | 'ruby' | 'java' | 'dotnet' | 'go'

/**
 * `supported`: lambdad runs it, given its interpreter on the machine. `later`: a managed runtime that
 * lambdad does not run yet. `retired`: gone from AWS for years; lambdad does not run it and will not.
 */
export type RuntimeSupport = 'supported' | 'later' | 'retired'

export interface RuntimeIdentifier {
  readonly name: string
  readonly family: RuntimeFamily
  readonly support: RuntimeSupport
  /** The day, UTC, from which AWS calls it deprecated; absent where no day is known. */
  readonly deprecation?: string
}

/**
 * Every value of the Lambda model's `Runtime` enum, in the model's order: error texts list them in it.
 * Dates: AWS Lambda Developer Guide, "Lambda runtimes"; those in the future move now and then.
 */
export const RUNTIMES: readonly RuntimeIdentifier[] = [
  { name: 'nodejs', family: 'nodejs', support: 'retired', deprecation: '2016-10-31' },
  { name: 'nodejs4.3', family: 'nodejs', support: 'retired', deprecation: '2020-03-05' },
  { name: 'nodejs6.10', family: 'nodejs', support: 'retired', deprecation: '2019-08-12' },
  { name: 'nodejs8.10', family: 'nodejs', support: 'retired', deprecation: '2020-03-06' },
  { name: 'nodejs10.x', family: 'nodejs', support: 'retired', deprecation: '2021-07-30' },
  { name: 'nodejs12.x', family: 'nodejs', support: 'retired', deprecation: '2023-03-31' },
  { name: 'nodejs14.x', family: 'nodejs', support: 'retired', deprecation: '2023-12-04' },
  { name: 'nodejs16.x', family: 'nodejs', support: 'retired', deprecation: '2024-06-12' },
  { name: 'java8', family: 'java', support: 'retired', deprecation: '2024-01-08' },
  { name: 'java8.al2', family: 'java', support: 'later' },
  { name: 'java11', family: 'java', support: 'supported' },
  { name: 'python2.7', family: 'python', support: 'retired', deprecation: '2021-07-15' },
  { name: 'python3.6', family: 'python', support: 'retired', deprecation: '2022-07-18' },
  { name: 'python3.7', family: 'python', support: 'retired', deprecation: '2023-12-04' },
  { name: 'python3.8', family: 'python', support: 'supported', deprecation: '2024-10-14' },
  { name: 'python3.9', family: 'python', support: 'supported', deprecation: '2025-12-15' },
  { name: 'dotnetcore1.0', family: 'dotnet', support: 'retired', deprecation: '2019-07-27' },
  { name: 'dotnetcore2.0', family: 'dotnet', support: 'retired', deprecation: '2019-05-30' },
  { name: 'dotnetcore2.1', family: 'dotnet', support: 'retired', deprecation: '2022-01-05' },
  { name: 'dotnetcore3.1', family: 'dotnet', support: 'retired', deprecation: '2023-04-03' },
  { name: 'dotnet6', family: 'dotnet', support: 'retired', deprecation: '2024-11-12' },
  { name: 'dotnet8', family: 'dotnet', support: 'supported', deprecation: '2026-11-10' },
  { name: 'nodejs4.3-edge', family: 'nodejs', support: 'retired', deprecation: '2020-03-05' },
  { name: 'go1.x', family: 'go', support: 'retired', deprecation: '2024-01-08' },
  { name: 'ruby2.5', family: 'ruby', support: 'retired', deprecation: '2021-07-30' },
  { name: 'ruby2.7', family: 'ruby', support: 'retired', deprecation: '2023-11-27' },
  { name: 'provided', family: 'provided', support: 'retired', deprecation: '2024-01-08' },
  { name: 'provided.al2', family: 'provided', support: 'supported' },
  { name: 'nodejs18.x', family: 'nodejs', support: 'retired', deprecation: '2025-09-01' },
  { name: 'python3.10', family: 'python', support: 'supported' },
  { name: 'java17', family: 'java', support: 'supported' },
  { name: 'ruby3.2', family: 'ruby', support: 'supported', deprecation: '2026-03-31' },
  { name: 'ruby3.3', family: 'ruby', support: 'supported', deprecation: '2027-03-31' },
  { name: 'ruby3.4', family: 'ruby', support: 'supported', deprecation: '2028-03-31' },
  { name: 'python3.11', family: 'python', support: 'supported' },
  { name: 'nodejs20.x', family: 'nodejs', support: 'supported', deprecation: '2026-04-30' },
  { name: 'provided.al2023', family: 'provided', support: 'supported', deprecation: '2029-06-30' },
  { name: 'python3.12', family: 'python', support: 'supported', deprecation: '2028-10-31' },
  { name: 'java21', family: 'java', support: 'supported', deprecation: '2029-06-30' },
  { name: 'python3.13', family: 'python', support: 'supported', deprecation: '2029-06-30' },
  { name: 'nodejs22.x', family: 'nodejs', support: 'supported', deprecation: '2027-04-30' },
  { name: 'nodejs24.x', family: 'nodejs', support: 'supported', deprecation: '2028-04-30' },
  { name: 'python3.14', family: 'python', support: 'supported', deprecation: '2029-06-30' },
  { name: 'java25', family: 'java', support: 'supported', deprecation: '2029-06-30' },
  { name: 'dotnet10', family: 'dotnet', support: 'supported', deprecation: '2028-11-14' },
  { name: 'ruby4.0', family: 'ruby', support: 'supported' },
]

/** The identifier's entry, or `undefined` where AWS's model has no such runtime. */
export function findRuntimeIdentifier(name: string): RuntimeIdentifier | undefined {
  return RUNTIMES.find((runtime) => runtime.name === name)
}

/** Whether AWS calls the runtime deprecated at `now`, in milliseconds since the epoch. */
export function isDeprecated(runtime: RuntimeIdentifier, now: number): boolean {
  return runtime.deprecation !== undefined && now >= Date.parse(runtime.deprecation)
}
