import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { unpackCompiled } from '../../src/worker/compiled/unpack.ts'
import { createRuntimeFinder, type FoundRuntime } from '../../src/worker/runtimes/finder.ts'

const finder = createRuntimeFinder({ env: process.env, home: homedir() })
const found = (await finder.list()).filter(
  (one): one is FoundRuntime => one.kind === 'found' && one.runtime.startsWith('ruby'),
)
const binaries = [...new Map(found.map((one) => [one.binary, one.version]))]
if (binaries.length === 0) test('Ruby compiled ahead', { skip: 'skipped: no Ruby on this machine' })

/** Prints the function's files that were not compiled again, and what they are. */
const LOADS = `
runtime, code, made = ARGV
require "#{runtime}/lambdad_runtime/compiled"
class << RubyVM::InstructionSequence
  prepend(Module.new { def load_from_binary(*) = super.tap { |iseq| ($taken ||= []) << iseq.path } })
end
LambdadRuntime::Compiled.use(made)
require "#{code}/one"
puts ($taken || []).map { |path| path.delete_prefix(code + "/") }.sort.inspect
puts [ONE, Two.new.where, __FILE__].inspect
`

for (const [binary, version] of binaries) {
  test(`Ruby ${version} (${binary}): files compiled ahead are not compiled again`, async (t) => {
    const { made, code, loads } = await given(t, binary)
    const all = [1, ['two.rb', 4, 'where', 'folder'], '-e']
    const answers = (taken: string[]) => [JSON.stringify(taken), JSON.stringify(all)]
    const both = ['folder/two.rb', 'one.rb']
    assert.deepEqual(loads().map(compact), answers(both))

    // As ever: where Ruby has settings of its own, where its version is another, where a file was damaged.
    assert.deepEqual(loads({ RUBYOPT: '-W0' }).map(compact), answers([]))
    const file = `${made}/modules`
    const whole = readFileSync(file)
    const head = whole.indexOf('\n')
    chmodSync(file, 0o644)
    for (const at of [0, 10, head + 2, head + 6, head + 20]) {
      const damaged = Buffer.from(whole)
      damaged[at] = ~(damaged[at] ?? 0)
      writeFileSync(file, damaged)
      assert.deepEqual(loads().map(compact), answers([]), `damaged at ${at}`)
    }
    for (const length of [0, 5, head + 3, head + 30]) {
      writeFileSync(file, whole.subarray(0, length))
      assert.deepEqual(loads().map(compact), answers([]), `cut off at ${length}`)
    }
    const last = Buffer.from(whole)
    last[last.length - 10] = ~(last.at(-10) ?? 0)
    writeFileSync(file, last)
    assert.deepEqual(loads().map(compact), answers(['one.rb']))

    writeFileSync(file, whole)
    writeFileSync(`${code}/one.rb`, 'ONE = 2')
    assert.deepEqual(
      loads().map(compact),
      answers(both),
      'what is compiled ahead is of code that does not change',
    )
  })
}

function compact(line: string): string {
  return line.replaceAll(', ', ',')
}

async function given(t: TestContext, binary: string) {
  const folder = mkdtempSync(`${tmpdir()}/compile-`)
  t.after(() => rmSync(folder, { recursive: true }))
  const [code, made] = [`${folder}/code`, `${folder}/made`]
  mkdirSync(`${code}/folder`, { recursive: true })
  mkdirSync(made)
  writeFileSync(`${code}/one.rb`, "require_relative 'folder/two'\nONE = 1\n")
  const where = [
    '# frozen_string_literal: true',
    'class Two',
    '  def where',
    '    [File.basename(__FILE__), __LINE__, __method__.to_s, File.basename(__dir__)]',
    '  end',
    'end',
  ]
  writeFileSync(`${code}/folder/two.rb`, where.join('\n'))
  writeFileSync(`${code}/wrong.rb`, 'def (')
  writeFileSync(`${code}/not-utf-8.rb`, Buffer.from([0x78, 0x3d, 0x22, 0xff]))
  for (const name of ['ends.rb', 'zlib.rb', 'json.rb']) writeFileSync(`${code}/${name}`, 'exit!(3)')
  const argv = ['--disable-gems', path.join(import.meta.dirname, 'compile.rb'), code]
  writeFileSync(`${folder}/told`, execFileSync(binary, argv, { cwd: code }))
  await unpackCompiled(`${folder}/told`, made)
  const loads = (env: Record<string, string> = {}) => {
    const args = ['--disable-gems', '-e', LOADS, import.meta.dirname, code, made]
    return execFileSync(binary, args, { encoding: 'utf8', env: { PATH: '/usr/bin', ...env } })
      .trim()
      .split('\n')
  }
  return { code, made, loads }
}
