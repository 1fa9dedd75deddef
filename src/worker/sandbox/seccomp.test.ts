import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FilteredArchitecture, seccompFilter } from './seccomp.ts'
import { DENIED, NUMBERS, type SyscallName } from './syscalls.ts'

const ALLOWED = 0x7fff_0000
const EPERM = 0x0005_0001
const ENOSYS = 0x0005_0026
const EAFNOSUPPORT = 0x0005_0061
const KILLED = 0x8000_0000
const AUDIT = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const
const CLONE_NEWUSER = 0x1000_0000
const SIGCHLD_AND_THREAD_FLAGS = 0x003d_0f11

for (const architecture of ['x64', 'arm64'] as const) {
  const verdict = (name: SyscallName, argument = 0) =>
    run(architecture, { number: NUMBERS[name][architecture] ?? -1, audit: AUDIT[architecture], argument })

  test(`${architecture}: every call on the list is refused, where the architecture has it`, () => {
    const missed = DENIED.filter((name) => NUMBERS[name][architecture] !== undefined).filter(
      (name) => verdict(name) !== EPERM,
    )
    assert.deepEqual(missed, [])
  })

  test(`${architecture}: processes and threads can be made, namespaces not`, () => {
    assert.equal(verdict('clone', SIGCHLD_AND_THREAD_FLAGS), ALLOWED)
    assert.equal(verdict('clone', CLONE_NEWUSER | 17), EPERM)
    assert.equal(verdict('clone3'), ENOSYS)
  })

  test(`${architecture}: sockets are of the families that programs use`, () => {
    for (const family of [1, 2, 10, 16]) assert.equal(verdict('socket', family), ALLOWED, `${family}`)
    for (const family of [0, 3, 17, 38, 40, 44])
      assert.equal(verdict('socket', family), EAFNOSUPPORT, `${family}`)
  })

  test(`${architecture}: read and write go through`, () => {
    for (const number of [0, 1, 63, 64]) {
      assert.equal(run(architecture, { number, audit: AUDIT[architecture], argument: 0 }), ALLOWED)
    }
  })

  test(`${architecture}: a call by another architecture’s convention ends the process`, () => {
    assert.equal(run(architecture, { number: 1, audit: 0x4000_0003, argument: 0 }), KILLED)
  })
}

test('the x32 convention is not there', () => {
  assert.equal(run('x64', { number: 0x4000_0000 + 101, audit: AUDIT.x64, argument: 0 }), ENOSYS)
})

/** What the kernel would do with a system call: the few instructions of BPF that the filter is made of. */
function run(
  architecture: FilteredArchitecture,
  call: { number: number; audit: number; argument: number },
): number {
  const program = seccompFilter(architecture)
  const data = new Map([
    [0, call.number],
    [4, call.audit],
    [16, call.argument],
  ])
  let accumulator = 0
  for (let at = 0; at < program.length; at += 8) {
    const code = program.readUInt16LE(at)
    const value = program.readUInt32LE(at + 4)
    const jump = (taken: boolean) => {
      at += 8 * program.readUInt8(at + (taken ? 2 : 3))
    }
    if (code === 0x20) accumulator = (data.get(value) ?? 0) >>> 0
    else if (code === 0x15) jump(accumulator === value)
    else if (code === 0x35) jump(accumulator >= value)
    else if (code === 0x45) jump((accumulator & value) !== 0)
    else if (code === 0x06) return value
    else throw new Error(`unknown instruction ${code}`)
  }
  throw new Error('The program has no end.')
}
