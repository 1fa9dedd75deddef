import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import type { Mount } from './sandbox.ts'

/** AWS's name for the user that functions run as. */
const USER_NAME = 'sbx_user1051'

export const RESOLVER = '/etc/resolv.conf'

/** systemd-resolved's own list: its stub listens on the host's loopback, which is not an environment's. */
const UPSTREAM = '/run/systemd/resolve/resolv.conf'

/** What of the host's /etc a runtime needs: trust in certificates, name servers, Debian's links in /usr/bin. */
const FROM_HOST = ['/etc/ssl', '/etc/pki', '/etc/alternatives', RESOLVER]

/**
 * Makes the /etc of sandboxes in `folder`: the little that programs look for, and nothing that tells about
 * the host. Returns what is to be mounted over it.
 */
export async function makeSystemFiles(folder: string, gid: number): Promise<Mount[]> {
  await mkdir(folder, { recursive: true })
  await writeFile(`${folder}/passwd`, 'root:x:0:0:root:/:/sbin/nologin\n')
  await writeFile(`${folder}/group`, `root:x:0:\n${USER_NAME}:x:${gid}:\n`)
  await writeFile(`${folder}/hosts`, '127.0.0.1 localhost sandbox.localdomain sandbox\n::1 localhost\n')
  await writeFile(`${folder}/nsswitch.conf`, 'passwd: files\ngroup: files\nhosts: files dns\n')
  // Without it the dynamic linker searches only its built-in folders.
  if (existsSync('/etc/ld.so.cache')) await copyFile('/etc/ld.so.cache', `${folder}/ld.so.cache`)
  if (existsSync('/usr/lib/os-release')) await symlink('../usr/lib/os-release', `${folder}/os-release`)
  const fromHost = [...FROM_HOST.filter((path) => existsSync(path)), ...debianJavaSettings()]
  const mounts = fromHost.map((path) => ({
    source: path === RESOLVER ? resolverFile() : path,
    target: path,
  }))
  for (const { target } of mounts) await makeMountPoint(`${folder}/${target.slice('/etc/'.length)}`)
  return mounts
}

/** Debian's JVMs have their `conf` folder here. */
function debianJavaSettings(): string[] {
  return readdirSync('/etc')
    .filter((name) => /^java-\d+-openjdk$/.test(name))
    .map((name) => `/etc/${name}`)
}

/** The list of name servers that can be reached from a network of its own, where the host has one. */
export function resolverFile(): string {
  return existsSync(UPSTREAM) && onlyLoopback(RESOLVER) ? UPSTREAM : RESOLVER
}

/** Gives a user a name, in the sandboxes that run already, too. */
export function addUser(folder: string, { uid, gid }: { uid: number; gid: number }): void {
  appendFileSync(`${folder}/passwd`, `${USER_NAME}:x:${uid}:${gid}::/tmp:/sbin/nologin\n`)
}

async function makeMountPoint(path: string): Promise<void> {
  if (path.endsWith('.conf')) await writeFile(path, '')
  else await mkdir(path, { recursive: true })
}

function onlyLoopback(file: string): boolean {
  const servers = [...readFileSync(file, 'utf8').matchAll(/^nameserver\s+(\S+)/gm)].map(
    ([, server]) => server,
  )
  return servers.length > 0 && servers.every((server) => /^127\.|^::1$/.test(server ?? ''))
}
