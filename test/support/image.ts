import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type RawTarEntry, rawTar } from '../../src/base/tar/testing.ts'

/** Why images cannot be run here. */
export const noImages: string | false =
  !existsSync('/usr/bin/perl') || !existsSync('/usr/bin/bwrap') ? 'needs perl and bubblewrap' : false

export const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64'

/** A runtime of its own, as images bring one. What it answers is its first argument's choice. */
const CLIENT = String.raw`#!/usr/bin/perl
use strict;
use IO::Socket::INET;
$| = 1;
my ($host, $port) = split /:/, $ENV{AWS_LAMBDA_RUNTIME_API};
sub call {
  my ($method, $path, $body) = @_;
  my $s = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Proto => 'tcp') or die "no Runtime API";
  print $s "$method /2018-06-01/runtime/$path HTTP/1.1\r\nHost: $host\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
  my ($line, %h) = scalar <$s>;
  while (defined($line = <$s>)) { $line =~ s/\r?\n$//; last if $line eq ''; $h{lc $1} = $2 if $line =~ /^([^:]+):\s*(.*)$/; }
  read $s, my $answer, $h{'content-length'} // 0;
  return ($answer, %h);
}
sub text { my $t = shift; return 'null' unless defined $t; $t =~ s/(["\\])/\\$1/g; $t =~ s/\n/\\n/g; return "\"$t\""; }
sub tries { my ($file) = @_; return open(my $f, '>', $file) ? 'true' : 'false'; }
sub file { my ($name) = @_; open(my $f, '<', $name) or return undefined_text(); local $/; return <$f>; }
sub undefined_text { return undef; }
my @args = @ARGV;
while (1) {
  my ($event, %h) = call('GET', 'invocation/next', '');
  exit 3 if $event =~ /crash/;
  print "greeting from the image\n";
  my $env = join ',', map { text($_) . ':' . text($ENV{$_}) } sort keys %ENV;
  my $args = join ',', map { text($_) } @args;
  my $cwd = readlink '/proc/self/cwd';
  my $answer = '{"event":' . $event . ',"args":[' . $args . '],"cwd":' . text($cwd) . ',"env":{' . $env . '},'
    . '"uid":' . $< . ',"hello":' . text(file('/app/hello')) . ',"gone":' . (-e '/app/gone' ? 'true' : 'false')
    . ',"writesRoot":' . tries('/app/x') . ',"writesEtc":' . tries('/etc/hosts') . ',"writesTmp":' . tries('/tmp/x')
    . ',"seesHost":' . (-e '/usr/bin/dpkg' || -e '/root/.pyenv' || -e '/work' ? 'true' : 'false')
    . ',"caps":' . text(file('/proc/self/status') =~ /CapEff:\s*(\w+)/ ? $1 : '') . '}';
  call('POST', 'invocation/' . $h{'lambda-runtime-aws-request-id'} . '/response', $answer);
}
`

/** Perl with what it needs, from this machine: some 10 MB. */
export function baseLayer(): Buffer {
  const ldd = execFileSync('ldd', ['/usr/bin/perl'], { encoding: 'utf8' })
  const libraries = [...ldd.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] as string)
  const modules = globSync('/usr/lib/*/perl-base/**/*').filter((name) => statSync(name).isFile())
  const files = ['/usr/bin/perl', ...libraries, ...modules]
  return rawTar([
    { name: 'tmp', type: '5', mode: 0o1777 },
    ...files.map((name) => ({
      name: name.slice(1),
      data: readFileSync(realpathSync(name)),
      mode: statSync(realpathSync(name)).mode & 0o777,
    })),
  ])
}

export function appLayer(hello: string, more: readonly RawTarEntry[] = []): Buffer {
  return rawTar([{ name: 'app/run', data: CLIENT, mode: 0o755 }, { name: 'app/hello', data: hello }, ...more])
}

export interface TestImage {
  readonly manifest: Buffer
  readonly digest: string
  /** By digest; of all blobs, the manifest's too. */
  readonly blobs: ReadonlyMap<string, Buffer>
  readonly layers: readonly string[]
}

export function testImage(
  layers: readonly Buffer[],
  config: Record<string, unknown> = {},
  { gzip = false, architecture = ARCHITECTURE } = {},
): TestImage {
  const blobs = new Map<string, Buffer>()
  const put = (bytes: Buffer, mediaType: string) => {
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const defaults = { Entrypoint: ['/app/run'], WorkingDir: '/app', Env: ['FROM_IMAGE=yes'], User: 'nobody' }
  const document = {
    architecture,
    os: 'linux',
    config: { ...defaults, ...config },
    rootfs: { type: 'layers' },
  }
  const type = `application/vnd.oci.image.layer.v1.tar${gzip ? '+gzip' : ''}`
  const listed = layers.map((layer) => put(gzip ? gzipSync(layer, { level: 1 }) : layer, type))
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: put(Buffer.from(JSON.stringify(document)), 'application/vnd.oci.image.config.v1+json'),
      layers: listed,
    }),
  )
  const { digest } = put(manifest, '')
  return { manifest, digest, blobs, layers: listed.map((layer) => layer.digest) }
}

/** An OCI layout with images by their tags. */
export function writeLayout(folder: string, images: Readonly<Record<string, TestImage>>): void {
  mkdirSync(`${folder}/blobs/sha256`, { recursive: true })
  for (const { blobs } of Object.values(images)) {
    for (const [digest, bytes] of blobs) writeFileSync(`${folder}/blobs/sha256/${digest.slice(7)}`, bytes)
  }
  const manifests = Object.entries(images).map(([tag, { digest, manifest }]) => ({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest,
    size: manifest.length,
    annotations: { 'org.opencontainers.image.ref.name': tag },
  }))
  writeFileSync(`${folder}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(`${folder}/index.json`, JSON.stringify({ schemaVersion: 2, manifests }))
}

export function archiveOf(folder: string): string {
  execFileSync('tar', ['-C', folder, '-cf', `${folder}.tar`, '.'])
  return `${folder}.tar`
}

/** What `docker save` wrote before it wrote layouts. */
export function writeDockerArchive(file: string, layers: readonly Buffer[], name: string): void {
  const config = {
    architecture: ARCHITECTURE,
    os: 'linux',
    config: { Entrypoint: ['/app/run'], WorkingDir: '/app' },
  }
  const list = [{ Config: 'config.json', RepoTags: [name], Layers: layers.map((_, i) => `${i}/layer.tar`) }]
  const files = [
    ...layers.map((data, i) => ({ name: `${i}/layer.tar`, data })),
    { name: 'config.json', data: JSON.stringify(config) },
    { name: 'manifest.json', data: JSON.stringify(list) },
  ]
  writeFileSync(file, rawTar(files))
}

export interface TestRegistry {
  /** `127.0.0.1:40123` */
  readonly host: string
  /** Documents by tag, or by digest where the test says so. */
  readonly manifests: Map<string, { readonly bytes: Buffer; readonly type: string }>
  readonly blobs: Map<string, Buffer>
  /** Paths that were asked for, in their order. */
  readonly asked: string[]
  push(tag: string, image: TestImage): void
  /** Runs before each blob is answered. */
  beforeBlob: (response: ServerResponse) => Promise<boolean>
}

/** A registry on loopback; with a login, one that gives tokens for it. */
export async function testRegistry(
  t: TestContext,
  { login }: { readonly login?: string } = {},
): Promise<TestRegistry> {
  const server = createServer((request, response) => {
    answer(registry, request, response, login).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const registry: TestRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    manifests: new Map(),
    blobs: new Map(),
    asked: [],
    push: (tag, image) => {
      const entry = { bytes: image.manifest, type: 'application/vnd.oci.image.manifest.v1+json' }
      registry.manifests.set(tag, entry).set(image.digest, entry)
      for (const [digest, bytes] of image.blobs) registry.blobs.set(digest, bytes)
    },
    beforeBlob: async () => true,
  }
  return registry
}

async function answer(
  registry: TestRegistry,
  { url = '', headers }: IncomingMessage,
  response: ServerResponse,
  login: string | undefined,
): Promise<unknown> {
  if (url.startsWith('/token')) {
    const right = headers.authorization === `Basic ${Buffer.from(login ?? '').toString('base64')}`
    return right ? response.end('{"token":"good"}') : response.writeHead(401).end()
  }
  registry.asked.push(url)
  if (login !== undefined && headers.authorization !== 'Bearer good') {
    const challenge = `Bearer realm="http://${registry.host}/token",service="test",scope="repository:a:pull"`
    return response.writeHead(401, { 'www-authenticate': challenge }).end()
  }
  const name = path.posix.basename(url)
  if (url.includes('/manifests/')) {
    const found = registry.manifests.get(name)
    return found === undefined
      ? response.writeHead(404).end()
      : response.writeHead(200, { 'content-type': found.type }).end(found.bytes)
  }
  const bytes = registry.blobs.get(name)
  if (bytes === undefined) return response.writeHead(404).end()
  return (await registry.beforeBlob(response)) ? response.end(bytes) : undefined
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
