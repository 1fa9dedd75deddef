import { constants, existsSync } from 'node:fs'
import { access, open } from 'node:fs/promises'

/** Where a custom runtime's program is looked for, inside. Layers, which fill /opt, are not supported yet. */
const BOOTSTRAP = '/var/task/bootstrap'
const SEARCHED = [BOOTSTRAP, '/opt/bootstrap']

/** Machine numbers of ELF files (`e_machine`). */
const ELF_MACHINES: Readonly<Partial<Record<NodeJS.Architecture, number>>> = { x64: 62, arm64: 183 }
const ELF_MACHINE_AT = 18

/** The program that a custom runtime is, or in the platform's words why it cannot be started. */
export async function findEntrypoint(codeFolder: string): Promise<{ argv: string[] } | { wrong: string }> {
  const file = `${codeFolder}/bootstrap`
  if (!existsSync(file)) return { wrong: `Couldn't find valid bootstrap(s): [${SEARCHED.join(' ')}]` }
  const runs = await access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!runs) return { wrong: `fork/exec ${BOOTSTRAP}: permission denied` }
  const flaw = await flawIn(file, (interpreter) => isThere(interpreter, codeFolder))
  return flaw === undefined ? { argv: [BOOTSTRAP] } : { wrong: `fork/exec ${BOOTSTRAP}: ${flaw}` }
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

/** An interpreter may come with the code. */
function isThere(interpreter: string, codeFolder: string): boolean {
  return existsSync(interpreter.replace(/^\/var\/task\//, `${codeFolder}/`))
}

const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
