import { constants, existsSync, statSync } from 'node:fs'
import { access, open } from 'node:fs/promises'
import type { Mount } from './sandbox/sandbox.ts'

/** Where a custom runtime's program is looked for, inside, in AWS's order. */
const SEARCHED = ['/var/task/bootstrap', '/opt/bootstrap']

/** Machine numbers of ELF files (`e_machine`). */
const ELF_MACHINES: Readonly<Partial<Record<NodeJS.Architecture, number>>> = { x64: 62, arm64: 183 }
const ELF_MACHINE_AT = 18

/**
 * The program that a custom runtime is, or in the platform's words why it cannot be started. `mounts`: what is at
 * /var/task and at /opt. The first bootstrap that is there counts, whether it can be started or not.
 */
export async function findEntrypoint(
  mounts: readonly Mount[],
): Promise<{ argv: string[] } | { wrong: string }> {
  const bootstrap = SEARCHED.find((path) => statSync(onHost(path, mounts), WHERE_THERE)?.isFile())
  if (bootstrap === undefined) return { wrong: `Couldn't find valid bootstrap(s): [${SEARCHED.join(' ')}]` }
  const file = onHost(bootstrap, mounts)
  const runs = await access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!runs) return { wrong: `fork/exec ${bootstrap}: permission denied` }
  // An interpreter may come with the code.
  const flaw = await flawIn(file, (interpreter) => existsSync(onHost(interpreter, mounts)))
  return flaw === undefined ? { argv: [bootstrap] } : { wrong: `fork/exec ${bootstrap}: ${flaw}` }
}

const WHERE_THERE = { throwIfNoEntry: false } as const

function onHost(inside: string, mounts: readonly Mount[]): string {
  const mount = mounts.find(({ target }) => inside.startsWith(`${target}/`))
  return mount === undefined ? inside : mount.source + inside.slice(mount.target.length)
}

/** Why the kernel would not execute the file. `isInterpreter`: whether a script's is there. */
export async function flawIn(
  file: string,
  isInterpreter: (name: string) => boolean,
): Promise<string | undefined> {
  const handle = await open(file)
  try {
    const head = Buffer.alloc(256)
    const { bytesRead } = await handle.read(head, 0, head.length, 0)
    return flawOf(head.subarray(0, bytesRead), isInterpreter)
  } finally {
    await handle.close()
  }
}

function flawOf(head: Buffer, isInterpreter: (name: string) => boolean): string | undefined {
  // A carriage return is part of the name: to the kernel, a script with the line ends of Windows names no program.
  const script = /^#![ \t]*(\/[^ \t\n\0]*)/.exec(head.toString('latin1'))
  if (script !== null) return isInterpreter(script[1] as string) ? undefined : 'no such file or directory'
  const isElf = head.length > ELF_MACHINE_AT + 2 && head.subarray(0, 4).equals(ELF_MAGIC)
  if (!isElf) return 'exec format error'
  return head.readUInt16LE(ELF_MACHINE_AT) === ELF_MACHINES[process.arch] ? undefined : 'exec format error'
}

const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
