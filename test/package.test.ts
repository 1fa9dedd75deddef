import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { VERSION } from '../src/version.ts'
import { ran } from './support/commands.ts'
import { platform } from './support/platform.ts'

const ROOT = path.join(import.meta.dirname, '..')

test('the package that npm would publish is compiled, whole, and runs a function', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'lambdad-package-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const packed = await ran('npm', ['pack', '--pack-destination', folder], { cwd: ROOT })
  assert.equal(packed.code, 0, packed.stderr)

  const modules = path.join(folder, 'node_modules')
  await mkdir(path.join(modules, 'lambdad'), { recursive: true })
  const [archive = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  const untar = [
    '-xzf',
    path.join(folder, archive),
    '-C',
    path.join(modules, 'lambdad'),
    '--strip-components=1',
  ]
  assert.equal((await ran('tar', untar)).code, 0)
  for (const name of await readdir(path.join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) await symlink(path.join(ROOT, 'node_modules', name), path.join(modules, name))
  }

  const bin = path.join(modules, 'lambdad', 'bin', 'lambdad.js')
  assert.equal((await ran(process.execPath, [bin, 'version'])).stdout, `lambdad ${VERSION}\n`)
  const { start } = await import(path.join(modules, 'lambdad', 'dist', 'src', 'main.js'))
  const { createFunction, invoke } = await platform(t, {}, start)
  const name = await createFunction({ 'index.mjs': 'export const handler = async (event) => event.n + 1' })
  assert.equal((await invoke(name, { n: 1 })).payload, 2)
})
