import { existsSync } from 'node:fs'
import path from 'node:path'
import { type Family, LIBRARY_PATH, pathVariable, RUNTIME_FOLDER } from './family.ts'
import { type Installed, inFolders, inVersionFolders, type Places, parseVersion } from './installed.ts'

/** Ruby of the machine, of a version manager, or Debian's. */
export const ruby: Family = {
  title: (line) => `Ruby ${line.join('.')}`,
  line: (runtime) => /^ruby(\d+)\.(\d+)$/.exec(runtime)?.slice(1).map(Number) ?? [],
  oldest: [3, 1],
  installed: installedRubies,
  advice: (line) =>
    `install it (\`rbenv install ${line.join('.')}\`, \`mise install ruby@${line.join('.')}\`, \`apt install ruby\`)`,

  plan: ({ binary, prefix, version }, bootstraps) => {
    const line = version.split('.').slice(0, 2).join('.')
    return {
      // Without RubyGems: the bootstrap loads it as soon as it is of use.
      argv: [binary, '--disable-gems', `${RUNTIME_FOLDER}/bootstrap.rb`],
      env: {
        PATH: pathVariable(prefix),
        LD_LIBRARY_PATH: LIBRARY_PATH,
        LC_CTYPE: 'C.UTF-8',
        GEM_PATH: `/var/task/vendor/bundle/ruby/${line}.0:/opt/ruby/gems/${line}.0`,
      },
      mounts: [...foldersOf(prefix), { source: path.join(bootstraps, 'ruby'), target: RUNTIME_FOLDER }],
      canWait: true,
      compiler: {
        binary,
        argv: [binary, '--disable-gems', `${RUNTIME_FOLDER}/compile.rb`],
        sources: ['.rb'],
        layers: 'ruby',
      },
      runtimeVersion: `ruby:${line}.v1`,
    }
  },
}

/** What an interpreter is made of. Not the whole prefix, which may be somebody's home. */
function foldersOf(prefix: string): { source: string; target: string }[] {
  const folders = ['bin', 'lib', 'lib64', 'share'].map((name) => path.join(prefix, name))
  return folders.filter((folder) => existsSync(folder)).map((folder) => ({ source: folder, target: folder }))
}

function installedRubies(places: Places): Installed[] {
  const { env, home } = places
  const data = env.XDG_DATA_HOME ?? path.join(home, '.local/share')
  const rbenv = env.RBENV_ROOT ?? path.join(home, '.rbenv')
  const asdf = env.ASDF_DATA_DIR ?? path.join(home, '.asdf')
  const mise = env.MISE_DATA_DIR ?? path.join(data, 'mise')
  const rvm = env.rvm_path ?? path.join(home, '.rvm')
  return [
    ...inVersionFolders(path.join(rbenv, 'versions'), 'bin/ruby', 'rbenv'),
    ...inVersionFolders(path.join(rvm, 'rubies'), 'bin/ruby', 'rvm', named),
    ...inVersionFolders(path.join(asdf, 'installs/ruby'), 'bin/ruby', 'asdf'),
    ...inVersionFolders(path.join(mise, 'installs/ruby'), 'bin/ruby', 'mise'),
    ...['/opt/rubies', path.join(home, '.rubies')].flatMap((folder) =>
      inVersionFolders(folder, 'bin/ruby', 'chruby', named),
    ),
    ...inFolders(places, /^ruby(\d+\.\d+)?$/, () => []),
  ]
}

/** `ruby-3.3.1`; other implementations are not meant. */
function named(name: string) {
  return parseVersion(name.replace(/^ruby-/, ''))
}
