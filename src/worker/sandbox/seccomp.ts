import { DENIED, NUMBERS, type SyscallName } from './syscalls.ts'

/** Opcodes of classic BPF: load a word, jump if equal, greater-or-equal, any bit set; return. */
const LOAD = 0x20
const IF_EQUAL = 0x15
const IF_GREATER_OR_EQUAL = 0x35
const IF_ANY_BIT = 0x45
const RETURN = 0x06

/** Verdicts of seccomp(2). */
const ALLOW = 0x7fff_0000
const KILL_PROCESS = 0x8000_0000
const FAIL_EPERM = 0x0005_0001
const FAIL_ENOSYS = 0x0005_0026
const FAIL_EAFNOSUPPORT = 0x0005_0061

/** Where `struct seccomp_data` has its fields. */
const AT_NUMBER = 0
const AT_ARCHITECTURE = 4
const AT_FIRST_ARGUMENT = 16

/** AUDIT_ARCH_*: a call by another convention (32 bit) has other numbers, so the filter would not hold. */
const AUDIT_ARCHITECTURE = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const

/** CLONE_NEW*: cgroup, uts, ipc, user, pid, net, mount, time. */
const CLONE_NEW_ANYTHING = 0x7e02_0080

/**
 * AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, by which programs list addresses. Others have doors of their own: AF_VSOCK
 * leads to the hypervisor, in whichever network namespace.
 */
const SOCKET_FAMILIES = [1, 2, 10, 16]

/** On x86-64 the x32 convention has this bit in the number. */
const X32_BIT = 0x4000_0000

/** What a fork of a snapshot's runtime calls (runtimes/python/lambdad_runtime/fork.py): user, mount, pid, ipc. */
export const FORK_NAMESPACES = 0x3802_0000

export type FilteredArchitecture = keyof typeof AUDIT_ARCHITECTURE

/**
 * The seccomp filter of an environment, as bwrap reads it: an array of `struct sock_filter`. It denies what a
 * function has no use for and escapes are made of; all else goes through, as runtimes differ widely in what
 * they call. `forks`: a runtime that snapshots are made of may leave its namespaces, in one way.
 */
export function seccompFilter(architecture: FilteredArchitecture, forks = false): Buffer {
  const number = (name: SyscallName) => NUMBERS[name][architecture]
  const program: Instruction[] = [
    [LOAD, 0, 0, AT_ARCHITECTURE],
    [IF_EQUAL, 1, 0, AUDIT_ARCHITECTURE[architecture]],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD, 0, 0, AT_NUMBER],
    ...(architecture === 'x64' ? X32_REFUSED : []),
    // clone3 has its flags in memory, where a filter cannot look. ENOSYS makes libc fall back to clone.
    [IF_EQUAL, 0, 1, number('clone3') ?? 0],
    [RETURN, 0, 0, FAIL_ENOSYS],
    [IF_EQUAL, 0, 4, number('clone') ?? 0],
    [LOAD, 0, 0, AT_FIRST_ARGUMENT],
    [IF_ANY_BIT, 0, 1, CLONE_NEW_ANYTHING],
    [RETURN, 0, 0, FAIL_EPERM],
    [RETURN, 0, 0, ALLOW],
    [IF_EQUAL, 0, 3 + SOCKET_FAMILIES.length, number('socket') ?? 0],
    [LOAD, 0, 0, AT_FIRST_ARGUMENT],
    ...SOCKET_FAMILIES.map((family, i): Instruction => [IF_EQUAL, SOCKET_FAMILIES.length - i, 0, family]),
    [RETURN, 0, 0, FAIL_EAFNOSUPPORT],
    [RETURN, 0, 0, ALLOW],
  ]
  if (forks) program.push(...forkAllowed(number('unshare') ?? 0))
  for (const name of DENIED) {
    const denied = number(name)
    if (denied !== undefined) program.push([IF_EQUAL, 0, 1, denied], [RETURN, 0, 0, FAIL_EPERM])
  }
  program.push([RETURN, 0, 0, ALLOW])
  return encode(program)
}

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number]

const X32_REFUSED: readonly Instruction[] = [
  [IF_GREATER_OR_EQUAL, 0, 1, X32_BIT],
  [RETURN, 0, 0, FAIL_ENOSYS],
]

/** One argument is let through, no other: what it makes is the caller's alone, and mount(2) stays refused there. */
function forkAllowed(unshare: number): Instruction[] {
  return [
    [IF_EQUAL, 0, 4, unshare],
    [LOAD, 0, 0, AT_FIRST_ARGUMENT],
    [IF_EQUAL, 1, 0, FORK_NAMESPACES],
    [RETURN, 0, 0, FAIL_EPERM],
    [RETURN, 0, 0, ALLOW],
  ]
}

/** `struct sock_filter { u16 code; u8 jt; u8 jf; u32 k }`, little-endian on both architectures. */
function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(ifTrue, index * 8 + 2)
    bytes.writeUInt8(ifFalse, index * 8 + 3)
    bytes.writeUInt32LE(value, index * 8 + 4)
  }
  return bytes
}
