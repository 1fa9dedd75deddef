import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { unpackCompiled } from '../../src/worker/compiled/unpack.ts'
import { pythons } from '../testing/interpreters.ts'

const COMPILER = path.join(import.meta.dirname, 'compile.py')

/** Prints which of the function's modules Python compiled, and what they are. */
const IMPORTS = `
import sys
runtime, code, made = sys.argv[1:]
sys.dont_write_bytecode = True
sys.path.insert(0, runtime)
from lambdad_runtime import compiled
compiled.use(made, (code,))
sys.path.insert(0, code)
seen = []
sys.addaudithook(lambda name, args: seen.append(args[1]) if name == "compile" else None)
import one, folder.two
print(sorted(name[len(code) + 1:] for name in seen if isinstance(name, str) and name.startswith(code)))
print(one.value, folder.two.where(), one.__file__ == code + "/one.py")
`

for (const { binary, version } of pythons()) {
  test(`Python ${version} (${binary}): modules compiled ahead are not compiled again`, async (t) => {
    const { made, code, imports } = await given(t, binary)
    assert.deepEqual(imports(), ['[]', "1 ('two.py', 'where', 2) True"])

    // As ever: where Python has settings of its own, where its version is another, where a file was damaged.
    const all = ["['folder/__init__.py', 'folder/two.py', 'one.py']", "1 ('two.py', 'where', 2) True"]
    assert.deepEqual(imports(['-O']), all)
    assert.deepEqual(imports(['-X', 'pycache_prefix=/tmp/none']), all)
    const file = `${made}/modules`
    const whole = readFileSync(file)
    chmodSync(file, 0o644)
    for (const at of [0, 10, 20, 40]) {
      const damaged = Buffer.from(whole)
      damaged[at] = ~(damaged[at] ?? 0)
      writeFileSync(file, damaged)
      assert.deepEqual(imports(), all, `damaged at ${at}`)
    }
    for (const length of [0, 5, 30, 60]) {
      writeFileSync(file, whole.subarray(0, length))
      assert.deepEqual(imports(), all, `cut off at ${length}`)
    }
    // In the code of the last module.
    const last = Buffer.from(whole)
    last[last.length - 10] = ~(last.at(-10) ?? 0)
    writeFileSync(file, last)
    assert.deepEqual(imports(), ["['folder/two.py']", all[1]])

    writeFileSync(file, whole)
    writeFileSync(`${code}/one.py`, 'value = 2')
    assert.match(String(imports()), /^\[\],1 /, 'what is compiled ahead is of code that does not change')
  })
}

async function given(t: TestContext, binary: string) {
  const folder = mkdtempSync(`${tmpdir()}/compile-`)
  t.after(() => rmSync(folder, { recursive: true }))
  const [code, made] = [`${folder}/code`, `${folder}/made`]
  mkdirSync(`${code}/folder`, { recursive: true })
  mkdirSync(made)
  writeFileSync(`${code}/one.py`, 'value = 1')
  writeFileSync(`${code}/folder/__init__.py`, '')
  const where =
    'def where():\n    import sys\n    c = sys._getframe().f_code\n    return c.co_filename.rsplit("/")[-1], c.co_name, 2\n'
  writeFileSync(`${code}/folder/two.py`, where)
  writeFileSync(`${code}/wrong.py`, 'def (')
  writeFileSync(`${code}/not-utf-8.py`, Buffer.from([0x78, 0x3d, 0x22, 0xff, 0x22]))
  writeFileSync(`${code}/ends.py`, 'raise SystemExit(3)')
  writeFileSync(`${code}/json.py`, 'raise SystemExit(3)')
  writeFileSync(
    `${folder}/told`,
    execFileSync(binary, ['-I', '-S', '-W', 'ignore', COMPILER, code], { cwd: code }),
  )
  await unpackCompiled(`${folder}/told`, made)
  const imports = (flags: string[] = []) => {
    const args = [...flags, '-S', '-c', IMPORTS, import.meta.dirname, code, made]
    return execFileSync(binary, args, { encoding: 'utf8' }).trim().split('\n')
  }
  return { code, made, imports }
}
