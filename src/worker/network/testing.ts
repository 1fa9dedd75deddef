import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { TestContext } from 'node:test'

export const NFT = '/usr/sbin/nft'

/** Why no network of its own can be had here. */
export const skip =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'only root on Linux can make network namespaces'
    : !['/usr/bin/perl', NFT, '/usr/bin/nsenter'].every((file) => existsSync(file)) || !hasIp()
      ? 'perl, nft, nsenter or ip is not installed'
      : false

/** What a host is to the helper: a namespace of the test's own, so that no packet of a test ever leaves the machine. */
export interface TestHost {
  readonly namespace: string
  /** Another machine, at 203.0.113.1 and, as clouds' metadata are, at 169.254.169.254. The host is 203.0.113.2. */
  readonly outside: string
  /** For the helper: a perl that runs in the host's namespace. */
  readonly perl: string
}

export async function testHost(t: TestContext): Promise<TestHost> {
  const folder = mkdtempSync(`${tmpdir()}/network-`)
  const [host, outside] = [await heldNamespace(t), await heldNamespace(t)]
  const outsidePid = /\d+/.exec(outside)?.[0] as string
  // A new namespace begins with what the machine's own has, which a daemon on it may have changed.
  inside(host, 'ip link set lo up && echo 0 > /proc/sys/net/ipv4/ip_forward')
  inside(host, `ip link add out type veth peer name in netns ${outsidePid}`)
  inside(host, 'ip addr add 203.0.113.2/24 dev out && ip link set out up')
  inside(outside, 'ip link set lo up && ip addr add 203.0.113.1/24 dev in && ip link set in up')
  inside(outside, 'ip addr add 169.254.169.254/32 dev in')
  inside(host, 'ip route add 169.254.169.254/32 dev out')
  const perl = `${folder}/perl`
  writeFileSync(perl, `#!/bin/sh\nexec nsenter --net=${host} /usr/bin/perl "$@"\n`)
  chmodSync(perl, 0o755)
  t.after(() => rmSync(folder, { recursive: true }))
  return { namespace: host, outside, perl }
}

async function heldNamespace(t: TestContext): Promise<string> {
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo; exec sleep 120'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.after(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  return `/proc/${holder.pid}/ns/net`
}

/** Runs a shell command in a namespace. Returns what it wrote. */
export function inside(namespace: string, command: string): string {
  return execFileSync('nsenter', [`--net=${namespace}`, 'sh', '-c', command], { encoding: 'utf8' }).trim()
}

/** What a connection to the address reads: what the server says, `refused`, or `nothing` within a second. */
export async function reading(namespace: string, address: string, port: number): Promise<string> {
  const child = spawn(
    'nsenter',
    [`--net=${namespace}`, 'timeout', '1', 'bash', '-c', `cat < /dev/tcp/${address}/${port}`],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  let said = ''
  child.stdout.on('data', (bytes) => {
    said += bytes
  })
  const [code] = await once(child, 'close')
  return code === 0 ? said : code === 124 ? 'nothing' : 'refused'
}

/** A server on every address of the namespace, which tells each client its own address. */
export async function serving(t: TestContext, namespace: string, port: number): Promise<ChildProcess> {
  const program = `require('node:net').createServer((s) => s.end(s.remoteAddress)).listen(${port}, '0.0.0.0', () => console.log())`
  const server = spawn('nsenter', [`--net=${namespace}`, process.execPath, '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => server.kill('SIGKILL'))
  await once(server.stdout, 'data')
  return server
}

function hasIp(): boolean {
  return ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'].some((file) => existsSync(file))
}
