import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import packageJson from '../package.json' with { type: 'json' }
import { VERSION } from '../src/version.ts'
import { works } from './support/commands.ts'
import { CLI, dataFolder, lambdad, startDaemon } from './support/daemon.ts'

const bwrap = works('bwrap', '--ro-bind', '/', '/', 'true')

describe('lambdad start', () => {
  test('says in one line where it is, and health answers 200', async (t) => {
    const daemon = await startDaemon(t, await dataFolder(t))
    assert.match(daemon.announcement, /^lambdad 0\.1\.0 ready on http:\/\/127\.0\.0\.1:\d+ /)
    const health = await fetch(`${daemon.url}/_lambdad/health`)
    assert.equal(health.status, 200)
    assert.deepEqual(await health.json(), { status: 'ready', version: VERSION })
    assert.equal((await fetch(`${daemon.url}/_localstack/health`)).status, 200)
    assert.equal(await daemon.stop(), 0)
  })

  test('says what is not isolated, and the command that changes it', async (t) => {
    const daemon = await startDaemon(t, await dataFolder(t), '--sandbox', 'process')
    assert.match(daemon.announcement, /functions run as plain processes: nothing is isolated/)
    await daemon.stop()
  })

  test('says where the network is the host’s, and why', { skip: !bwrap && 'no bubblewrap' }, async (t) => {
    const daemon = await startDaemon(t, await dataFolder(t), '--network', 'shared')
    assert.match(
      daemon.announcement,
      /functions run sandboxed \(bubblewrap\); the network is the host's: the setting network=shared asks for it/,
    )
    const status = await (await fetch(`${daemon.url}/_lambdad/status`)).json()
    assert.equal((status as { network: string }).network, 'shared')
    await daemon.stop()
  })

  test('a signal that comes while it starts leaves nothing, and is no failure', async (t) => {
    const data = await dataFolder(t)
    const child = spawn(process.execPath, [CLI, 'start', '--port', '0', '--data', data])
    t.after(() => child.kill('SIGKILL'))
    const exited = once(child, 'exit')
    let errors = ''
    child.stderr.on('data', (bytes) => {
      errors += bytes
    })
    const run = path.join(data, 'run')
    while (child.exitCode === null && (await filesIn(run)).length === 0) await sleep(1)
    child.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null])
    assert.deepEqual(await readdir(run), [])
    assert.doesNotMatch(errors, /error|fail/i)
  })

  test('the version is that of the package', () => {
    assert.equal(VERSION, packageJson.version)
  })
})

describe('lambdad start that cannot', () => {
  test('strict mode refuses plain processes unless asked for by name', async (t) => {
    const data = await dataFolder(t)
    const { PATH } = process.env
    t.after(() => {
      process.env.PATH = PATH
    })
    process.env.PATH = data
    const result = await lambdad('start', '--auth', 'strict', '--port', '0', '--data', data)
    assert.equal(result.code, 1)
    assert.match(
      result.stderr,
      /--auth strict does not run functions as plain processes.*apt-get install bubblewrap.*--sandbox process/,
    )
    const daemon = await startDaemon(t, data, '--auth', 'strict', '--sandbox', 'process')
    assert.match(daemon.announcement, /nothing is isolated.* · signatures are verified/)
    await daemon.stop()
  })

  test('a network of its own by name is refused where functions are plain processes', async (t) => {
    const data = await dataFolder(t)
    const flags = ['--network', 'isolated', '--sandbox', 'process', '--port', '0', '--data', data]
    const result = await lambdad('start', ...flags)
    assert.equal(result.code, 1)
    assert.match(result.stderr, /--network isolated: functions run as plain processes/)
  })

  test('a port that is taken is named, with the flag that chooses another', async (t) => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const { port } = server.address() as { port: number }
    const result = await lambdad('start', '--port', `${port}`, '--data', await dataFolder(t))
    assert.equal(result.code, 1)
    assert.match(result.stderr, new RegExp(`^lambdad: port ${port} on 127\\.0\\.0\\.1 is taken\\..*--port`))
  })

  test('a data folder that another lambdad has is named', async (t) => {
    const data = await dataFolder(t)
    const daemon = await startDaemon(t, data)
    const result = await lambdad('start', '--port', '0', '--data', data)
    assert.equal(result.code, 1)
    assert.match(result.stderr, /^lambdad: /)
    assert(result.stderr.includes(data), result.stderr)
    await daemon.stop()
  })

  test('a data folder that is a file is named', async (t) => {
    const file = path.join(await dataFolder(t), 'file')
    await writeFile(file, '')
    const result = await lambdad('start', '--port', '0', '--data', path.join(file, 'data'))
    assert.equal(result.code, 1)
    assert.match(result.stderr, /^lambdad: .*file/)
  })

  test('a setting that makes no sense is exit code 2', async () => {
    const result = await lambdad('start', '--port', 'http')
    assert.equal(result.code, 2)
    assert.match(result.stderr, /^lambdad: --port takes a whole number/)
    assert.equal((await lambdad('start', '--colour', 'red')).code, 2)
    assert.equal((await lambdad('dance')).code, 2)
  })

  test('open to other machines is refused', async (t) => {
    const result = await lambdad(
      'start',
      '--host',
      '0.0.0.0',
      '--auth',
      'open',
      '--data',
      await dataFolder(t),
    )
    assert.equal(result.code, 2)
    assert.match(result.stderr, /--auth open listens on loopback only/)
  })
})

describe('the other commands', () => {
  test('status, runtimes, credentials, invoke and logs of a running lambdad', async (t) => {
    const data = await dataFolder(t)
    const daemon = await startDaemon(t, data)
    const at = ['--port', new URL(daemon.url).port, '--data', data]

    const status = await lambdad('status', ...at)
    assert.match(status.stdout, /^version +0\.1\.0$/m)
    assert.match(status.stdout, /^data +\//m)

    const runtimes = await lambdad('runtimes', ...at)
    assert.match(runtimes.stdout, /^nodejs24\.x +\/.* \(24\./m)
    assert.match(runtimes.stdout, /^provided\.al2023/m)

    const credentials = await lambdad('credentials', ...at)
    assert.match(credentials.stdout, /^export AWS_ACCESS_KEY_ID=AKIA[A-Z2-7]{16}$/m)
    assert.match(credentials.stdout, /^export AWS_SECRET_ACCESS_KEY=\S{40}$/m)

    const nobody = await lambdad('invoke', 'nobody', ...at)
    assert.equal(nobody.code, 1)
    assert.match(nobody.stderr, /^lambdad: ResourceNotFoundException: Function not found: /)

    await createHello(daemon.url)
    const invoked = await lambdad('invoke', 'hello', '{"name":"Ada"}', '--log', ...at)
    assert.deepEqual({ code: invoked.code, stdout: invoked.stdout }, { code: 0, stdout: '"hello Ada"\n' })
    assert.match(invoked.stderr, /^START RequestId: /)
    assert.match((await lambdad('logs', 'hello', ...at)).stdout, /greeting Ada/)

    const reset = await lambdad('reset', '--yes', ...at)
    assert.equal(reset.code, 1)
    assert.match(reset.stderr, /stop it first/)
    await daemon.stop()
    assert.equal((await lambdad('reset', ...at)).code, 2)
    assert.equal((await lambdad('reset', '--yes', ...at)).code, 0)
  })

  test('logs --follow prints what was logged, and goes on with what is', async (t) => {
    const data = await dataFolder(t)
    const daemon = await startDaemon(t, data)
    const at = ['--port', new URL(daemon.url).port, '--data', data]
    await createHello(daemon.url)
    await lambdad('invoke', 'hello', '{"name":"Ada"}', ...at)

    const following = spawn(process.execPath, [
      CLI,
      'logs',
      'hello',
      '--follow',
      '--filter',
      'greeting',
      ...at,
    ])
    t.after(() => following.kill('SIGKILL'))
    const lines = createInterface({ input: following.stdout })[Symbol.asyncIterator]()
    assert.match(String((await lines.next()).value), /^\d{4}-\S+Z .*greeting Ada$/)
    await lambdad('invoke', 'hello', '{"name":"Grace"}', ...at)
    assert.match(String((await lines.next()).value), /greeting Grace$/)
    await daemon.stop()
  })

  test('reset deletes nothing that is not a data folder of lambdad', async (t) => {
    const folder = await dataFolder(t)
    await writeFile(path.join(folder, 'precious'), '')
    const result = await lambdad('reset', '--yes', '--data', folder)
    assert.equal(result.code, 1)
    assert.match(result.stderr, /is no data folder of lambdad: nothing is deleted/)
    assert.deepEqual(await readdir(folder), ['precious'])
  })

  test('without a daemon they say how to start one', async (t) => {
    const data = await dataFolder(t)
    await mkdir(data, { recursive: true })
    for (const command of [['status'], ['invoke', 'f'], ['logs', 'f']]) {
      const result = await lambdad(...command, '--port', '1', '--data', data)
      assert.equal(result.code, 1)
      assert.equal(
        result.stderr,
        'lambdad: nothing listens on http://127.0.0.1:1. Start it with: lambdad start\n',
      )
    }
    const credentials = await lambdad('credentials', '--data', data)
    assert.match(credentials.stderr, /made when lambdad first starts/)
  })

  test('help lists every command and setting', async () => {
    const { stdout, code } = await lambdad('help')
    assert.equal(code, 0)
    for (const word of ['lambdad start', 'lambdad reset', '--port', 'LAMBDAD_PORT', '--memory']) {
      assert(stdout.includes(word), word)
    }
  })
})

async function createHello(endpoint: string): Promise<void> {
  const { CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } = await import(
    '@aws-sdk/client-lambda'
  )
  const { CREDENTIALS, ROLE } = await import('./support/platform.ts')
  const { zipOf } = await import('./support/zip.ts')
  const client = new LambdaClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS })
  const source =
    'export const handler = async ({ name }) => { console.log("greeting", name); return "hello " + name }'
  await client.send(
    new CreateFunctionCommand({
      FunctionName: 'hello',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: ROLE,
      Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
    }),
  )
  await waitUntilFunctionActiveV2(
    { client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 1 },
    { FunctionName: 'hello' },
  )
}

function filesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}
