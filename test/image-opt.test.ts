import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { realClock } from '../src/base/clock.ts'
import { type RawTarEntry, rawTar } from '../src/base/tar/testing.ts'
import { skip as noNetwork } from '../src/worker/network/testing.ts'
import { appLayer, baseLayer, noImages, testImage, writeLayout } from './support/image.ts'
import { type Platform, platform, ROLE } from './support/platform.ts'

/** Registers, and writes what it is told until it is told to end. */
const EXTENSION = String.raw`#!/usr/bin/perl
use strict;
use IO::Socket::INET;
$| = 1;
my $id = '';
sub call {
  my ($method, $path, $headers, $body) = @_;
  my $s = IO::Socket::INET->new(PeerAddr => $ENV{AWS_LAMBDA_RUNTIME_API}, Proto => 'tcp') or die "no Runtime API";
  print $s "$method /2020-01-01/extension/$path HTTP/1.1\r\nHost: a\r\n$headers" . "Content-Length: " . length($body) . "\r\n\r\n$body";
  my ($line, %h) = scalar <$s>;
  while (defined($line = <$s>)) { $line =~ s/\r?\n$//; last if $line eq ''; $h{lc $1} = $2 if $line =~ /^([^:]+):\s*(.*)$/; }
  read $s, my $answer, $h{'content-length'} // 0;
  $id = $h{'lambda-extension-identifier'} // $id;
  return $answer;
}
call('POST', 'register', "Lambda-Extension-Name: watch\r\n", '{"events":["INVOKE","SHUTDOWN"]}');
while (1) {
  my $event = call('GET', 'event/next', "Lambda-Extension-Identifier: $id\r\n", '');
  my ($type) = $event =~ /"eventType":"(\w+)"/;
  print "watch heard $type\n";
  exit 0 if $type eq 'SHUTDOWN';
}
`

const SHELL: RawTarEntry = {
  name: 'bin/sh',
  data: noImages ? '' : readFileSync(realpathSync('/bin/sh')),
  mode: 0o755,
}

describe('what a container image has in /opt', { skip: noImages }, () => {
  test('its extensions run beside its runtime, and hear of its end', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    await createImage(t, p, [SHELL, { name: 'opt/extensions/watch', data: EXTENSION, mode: 0o755 }])

    assert.equal((await p.invoke('f', 1)).payload.event, 1)
    assert.equal((await p.invoke('f', 2)).payload.event, 2)
    await p.lambda.send(new DeleteFunctionCommand({ FunctionName: 'f' }))

    const text = await until(p, /watch heard SHUTDOWN/)
    assert.match(text, /EXTENSION\tName: watch\tState: Ready\tEvents: \[INVOKE, SHUTDOWN\]/)
    assert.equal(text.match(/watch heard INVOKE/g)?.length, 2)
  })

  test('an extension that cannot be executed fails the init with the kernel’s words', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    await createImage(t, p, [SHELL, { name: 'opt/extensions/watch', data: EXTENSION, mode: 0o644 }])

    const { payload } = await p.invoke('f')
    assert.equal(payload.errorType, 'Extension.LaunchError')
    assert.match(payload.errorMessage, /fork\/exec \/opt\/extensions\/watch: permission denied$/)
  })

  test('links stay inside the image: its own programs are found there, and not the host’s', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    await createImage(t, p, [SHELL, { name: 'opt/extensions', type: '2', link: '/usr/bin' }])

    // Perl alone, which is no extension: the host's /usr/bin would be too many.
    const { payload } = await p.invoke('f')
    assert.equal(payload.errorType, 'Extension.Crash')
    assert.match(payload.errorMessage, /Error: exit code 0$/)
  })

  test('without a shell in the image they are refused in words', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    await createImage(t, p, [{ name: 'opt/extensions/watch', data: EXTENSION, mode: 0o755 }])

    await assert.rejects(p.invoke('f'), {
      name: 'InvalidRuntimeException',
      message: /its \/bin\/sh, and this/,
    })
  })

  test('its network is its own, and nothing of the host’s is in reach', { skip: noNetwork }, async (t) => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const probe = EXTENSION.replace(
      'while (1)',
      `print "host: ", IO::Socket::INET->new(PeerAddr => '127.0.0.1:${port}') ? 'reached' : $!, "\\n";\nwhile (1)`,
    )
    const p = await platform(t, { sandbox: 'bubblewrap', network: 'isolated' })
    await createImage(t, p, [SHELL, { name: 'opt/extensions/watch', data: probe, mode: 0o755 }])

    assert.equal((await p.invoke('f')).payload.env.AWS_LAMBDA_RUNTIME_API, '127.0.0.1:9001')
    assert.match(await until(p, /host: /), /host: Connection refused/)
  })

  test('--opt is for packages: an image is not run without what it would lack', async (t) => {
    const opt = temporary(t)
    const p = await platform(t, { sandbox: 'bubblewrap', opt })
    await createImage(t, p, [])
    const name = await p.createFunction({ 'index.mjs': 'export const handler = async () => 1' })

    await assert.rejects(p.invoke('f'), {
      name: 'InvalidRuntimeException',
      message: /start lambdad without --opt/,
    })
    assert.equal((await p.invoke(name)).payload, 1)
  })
})

async function createImage(t: TestContext, p: Platform, files: readonly RawTarEntry[]): Promise<void> {
  const folder = temporary(t)
  writeLayout(folder, { latest: testImage([baseLayer(), appLayer('x'), rawTar([...files])]) })
  await p.lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'f',
      Role: ROLE,
      PackageType: 'Image',
      Code: { ImageUri: `oci:${folder}` },
    }),
  )
  await waitUntilFunctionActiveV2(
    { client: p.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.2 },
    { FunctionName: 'f' },
  )
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-opt-'))
  mkdirSync(folder, { recursive: true })
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The function's log once it says this. */
async function until(p: Platform, what: RegExp): Promise<string> {
  const deadline = realClock.elapsed() + 5000
  for (;;) {
    const { events = [] } = await p.logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/f' }))
    const text = events.map(({ message }) => message).join('')
    if (what.test(text)) return text
    assert.ok(realClock.elapsed() < deadline, `${what} is missing in\n${text}`)
    await realClock.sleep(20)
  }
}
