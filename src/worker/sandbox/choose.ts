import { execFile } from 'node:child_process'
import { constants, existsSync } from 'node:fs'
import { access, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { BubblewrapSandbox } from './bubblewrap.ts'
import { ProcessSandbox } from './process.ts'
import type { Sandbox, SandboxName } from './sandbox.ts'

const run = promisify(execFile)

const INSTALL = 'apt-get install bubblewrap'

/** A namespace is made or refused in milliseconds; this is for a machine under load. */
const PROBE_TIMEOUT_MS = 5000

/** `auto`: the best that the machine allows. By name: that one, or an error that says why not. */
export type SandboxChoice = 'auto' | SandboxName

/** Finds the sandbox that works here by starting one. `folder` is for its own files. */
export async function chooseSandbox(choice: SandboxChoice, folder: string): Promise<Sandbox> {
  if (choice === 'process') return new ProcessSandbox('the setting sandbox=process asks for it')
  const found = await findBubblewrap(folder)
  if ('sandbox' in found) return found.sandbox
  if (choice === 'bubblewrap') throw new Error(`Functions cannot be sandboxed: ${found.why}`)
  return new ProcessSandbox(found.why)
}

/** Sandboxing by bubblewrap, or in words why it does not work and what to do about it. */
export async function findBubblewrap(folder: string): Promise<{ sandbox: Sandbox } | { why: string }> {
  if (process.platform !== 'linux') return { why: `There is no sandbox for ${process.platform} yet.` }
  const bwrap = await inPath('bwrap')
  if (bwrap === undefined) return { why: `bubblewrap is not installed; \`${INSTALL}\` adds it.` }
  const asRoot = process.getuid?.() === 0
  if (asRoot && !existsSync('/usr/bin/setpriv')) return { why: 'setpriv (of util-linux) is not installed.' }
  const sandbox = new BubblewrapSandbox(folder, { bwrap, asRoot })
  try {
    await sandbox.prepare()
    await tryOut(sandbox, folder)
    return { sandbox }
  } catch (error) {
    return { why: `bubblewrap is there, but cannot start: ${reason(error)}` }
  }
}

/** Starts what a function would be started in. */
async function tryOut(sandbox: BubblewrapSandbox, folder: string): Promise<void> {
  const probe = `${folder}/probe`
  await mkdir(probe, { recursive: true })
  await writeFile(`${probe}/socket`, '')
  const { argv, seccompFilter } = sandbox.command(
    {
      id: 'probe',
      argv: ['/usr/bin/true'],
      variables: { LANG: 'C' },
      codeFolder: probe,
      mounts: [],
      runtimeSocket: `${probe}/socket`,
      folder: probe,
      temporaryMb: 1,
      uid: sandbox.ownUsers ? 2_000_000_000 : undefined,
    },
    { waitsForLimits: false },
  )
  const filter = seccompFilter === undefined ? '' : `5<'${seccompFilter.replaceAll("'", "'\\''")}'`
  // A shell, since execFile passes no descriptors.
  await run('/bin/sh', ['-c', `exec "$@" 4>/dev/null ${filter}`, 'sh', ...argv], {
    timeout: PROBE_TIMEOUT_MS,
    env: {},
  })
}

async function inPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder || '.', name)
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (runs) return path.resolve(file)
  }
  return undefined
}

function reason(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string }
  const said = stderr?.trim() || message
  if (/Permission denied|Operation not permitted|No permissions/i.test(said)) {
    return `${said} (this machine forbids user namespaces: see /proc/sys/kernel/unprivileged_userns_clone and, on Ubuntu, kernel.apparmor_restrict_unprivileged_userns)`
  }
  return said
}
