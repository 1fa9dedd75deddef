// `npm run compile`: the program as JavaScript in dist/, with all that it reads beside it. Run by `npm pack`.
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const at = (...parts: string[]) => path.join(root, ...parts)

rmSync(at('dist'), { recursive: true, force: true })
execFileSync(at('node_modules', '.bin', 'tsc'), ['-p', at('tsconfig.build.json')], { stdio: 'inherit' })
cpSync(at('data'), at('dist', 'data'), { recursive: true })
for (const file of [
  ...globSync('runtimes/**/*', { cwd: root }),
  ...globSync('src/**/*.{mjs,pl,py,sh}', { cwd: root }),
]) {
  const isOurs = !/\.test\.ts$|\/testing\/|\/fixtures\/|__pycache__|\.md$/.test(`/${file}`)
  if (isOurs && path.extname(file) !== '') cpSync(at(file), at('dist', file))
}
