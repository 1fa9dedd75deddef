import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { compileFixtures } from '../../runtimes/java/testing/compile.ts'
import { createRuntimeFinder, type FoundRuntime } from '../../src/worker/runtimes/finder.ts'
import { works } from '../support/commands.ts'

/** How one runtime runs the function that all of them have in common. */
export interface Language {
  readonly title: string
  readonly runtime: string
  readonly handler: string
  /** Of a function whose init fails. */
  readonly broken: string
  readonly files: readonly { readonly name: string; readonly data: Buffer; readonly mode: number }[]
  /** What the function's own error is called, in an invocation and in init. */
  readonly errorType: string
  readonly initErrorType: string
  /** A frame of the error's stack. */
  readonly frame: RegExp
  /** What ends a function that takes more memory than it has. */
  readonly hogEnds: RegExp
}

/** What is not on this machine, in a line each. */
export interface Missing {
  readonly title: string
  readonly why: string
}

const FIXTURES = path.join(import.meta.dirname, 'fixtures')
const KILLED = /"Runtime exited with error: signal: killed"|signal: killed/

export const runtimes = createRuntimeFinder({ env: process.env, home: homedir() })

/** Every runtime that this machine can run in its exact version; of families with none, what serves instead. */
export async function languages(): Promise<{ found: Language[]; missing: Missing[] }> {
  const listed = await runtimes.list()
  const managed = listed.filter((one): one is FoundRuntime => one.kind === 'found' && one.binary !== '')
  const found: Language[] = []
  const missing: Missing[] = listed.flatMap((one) =>
    one.kind === 'missing' ? [{ title: one.runtime, why: one.message }] : [],
  )
  const families = Map.groupBy(managed, ({ runtime }) => (/^[a-z]+/.exec(runtime) as RegExpExecArray)[0])
  for (const [family, all] of families) {
    const exact = all.filter((one) => one.exact)
    for (const { runtime, version } of exact.length > 0 ? exact : all.slice(0, 1)) {
      const language = MANAGED[family]?.()
      if (language === undefined) missing.push({ title: runtime, why: 'no fixture, or no compiler for it' })
      else found.push({ title: `${runtime} (${version})`, runtime, ...language })
    }
  }
  for (const [title, build] of Object.entries(PROVIDED)) {
    const files = build()
    if (typeof files === 'string') missing.push({ title, why: files })
    else found.push({ title, runtime: 'provided.al2023', ...OWN, files, frame: /^(main|bootstrap)/ })
  }
  return { found, missing }
}

type Managed = Omit<Language, 'title' | 'runtime'>

const OWN = {
  handler: 'handler',
  broken: 'broken',
  errorType: 'OwnError',
  initErrorType: 'OwnError',
  hogEnds: KILLED,
}

const MANAGED: Readonly<Record<string, () => Managed | undefined>> = {
  nodejs: () => ({
    ...OWN,
    handler: 'index.handler',
    broken: 'broken.handler',
    files: filesOf('node'),
    frame: /index\.mjs:\d+/,
  }),
  python: () => ({
    ...OWN,
    handler: 'index.handler',
    broken: 'broken.handler',
    files: filesOf('python'),
    frame: /index\.py", line \d+, in fail/,
  }),
  ruby: () => ({
    ...OWN,
    handler: 'index.handler',
    broken: 'broken.handler',
    files: filesOf('ruby'),
    errorType: 'Function<OwnError>',
    initErrorType: 'Init<OwnError>',
    frame: /index\.rb:\d+:in [`'].*handler'/,
  }),
  java: () => {
    const classes = compileFixtures()
    if (classes === undefined) return undefined
    return {
      handler: 'example.Fixture',
      broken: 'example.BrokenInit::handle',
      files: Object.entries(classes).map(([name, data]) => ({ name, data, mode: 0o100644 })),
      errorType: 'example.OwnError',
      initErrorType: 'example.OwnError',
      frame: /example\.Fixture\.handleRequest\(Fixture\.java:\d+\)/,
      // Its heap is smaller than its memory.
      hogEnds: /java\.lang\.OutOfMemoryError/,
    }
  },
}

/** A `bootstrap`, or why there is none. */
export const PROVIDED: Readonly<Record<string, () => Language['files'] | string>> = {
  'provided.al2023 by Go': () =>
    built('go', ['version'], (source, out) =>
      execFileSync('go', ['build', '-o', out, path.join(source, 'main.go')], {
        env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', GOPROXY: 'off' },
        stdio: 'pipe',
      }),
    ),
  'provided.al2023 by Rust': () =>
    built('rustc', ['--version'], (source, out) =>
      execFileSync('rustc', ['-O', '--edition', '2021', '-o', out, path.join(source, 'main.rs')], {
        stdio: 'pipe',
      }),
    ),
  'provided.al2023 by a shell': () =>
    works('curl', '--version') ? filesOf('shell', 0o100755) : 'skipped: no curl',
}

function built(
  compiler: string,
  probe: string[],
  build: (source: string, out: string) => unknown,
): Language['files'] | string {
  if (!works(compiler, ...probe)) return `skipped: no ${compiler}`
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-bootstrap-'))
  try {
    const out = path.join(folder, 'bootstrap')
    build(path.join(FIXTURES, compiler === 'go' ? 'go' : 'rust'), out)
    return [{ name: 'bootstrap', data: readFileSync(out), mode: 0o100755 }]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function filesOf(folder: string, mode = 0o100644): Language['files'] {
  const root = path.join(FIXTURES, folder)
  return readdirSync(root).map((name) => ({ name, data: readFileSync(path.join(root, name)), mode }))
}
