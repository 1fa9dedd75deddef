import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { DeleteFunctionCommand } from '@aws-sdk/client-lambda'
import { works } from './support/commands.ts'
import { type Platform, platform } from './support/platform.ts'

const FIXTURES = path.join(import.meta.dirname, 'fixtures')
const skip = !works('python3', '--version') && 'the extensions of these tests are Python programs'

describe('extensions, as a function sees them', { skip }, () => {
  test('an extension that listens hears the init, the invocation and what the function wrote, and of its end', async (t) => {
    const p = await platform(t, { opt: path.join(FIXTURES, 'telemetry') })
    const name = await p.createFunction(
      { 'index.mjs': 'export const handler = async (event) => { console.log("hello"); return event }' },
      { Environment: { Variables: { OWN: 'yes' } } },
    )

    const { payload, log } = await p.invoke(name, { a: 1 }, { LogType: 'Tail' })
    assert.deepEqual(payload, { a: 1 })
    assert.match(log ?? '', /REPORT RequestId: .*\tInit Duration: /)
    await until(p, name, /heard platform\.runtimeDone success/)
    await p.lambda.send(new DeleteFunctionCommand({ FunctionName: name }))

    const text = await until(p, name, /event SHUTDOWN spindown/)
    for (const said of [
      'EXTENSION\tName: telemetry-listener\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n',
      'TELEMETRY\tName: telemetry-listener\tState: Subscribed\tTypes: [Platform, Function]\n',
      `registered ${name} True\n`,
      'hidden variables seen: [] own: yes\n',
      'subscribed "OK"\n',
      'heard platform.initStart \n',
      'heard platform.telemetrySubscription Subscribed\n',
      'heard platform.initRuntimeDone success\n',
      'heard platform.extension Ready\n',
      'heard platform.initReport success\n',
      'heard platform.start \n',
      'event INVOKE \n',
      'heard platform.report success\n',
    ]) {
      assert.ok(text.includes(said), `${JSON.stringify(said)} is missing in\n${text}`)
    }
    assert.match(text, /heard function .*\tINFO\thello\n/)
    assert.ok(text.indexOf('EXTENSION\t') < text.indexOf('START RequestId'))
  })

  test('a function asks a local server in the manner of the Parameters and Secrets extension', async (t) => {
    const p = await platform(t, { opt: path.join(FIXTURES, 'parameters') })
    const port = await freePort(2773)
    const name = await p.createFunction(
      {
        'index.mjs': `export const handler = async ({ parameter, token }) => {
          const response = await fetch('http://localhost:${port}/systemsmanager/parameters/get?name=' + parameter, {
            headers: { 'X-Aws-Parameters-Secrets-Token': token ?? process.env.AWS_SESSION_TOKEN },
          })
          return response.ok ? (await response.json()).Parameter.Value : response.status
        }`,
      },
      { Environment: { Variables: { PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: String(port) } } },
    )

    assert.equal((await p.invoke(name, { parameter: '/a/b' })).payload, 'value of /a/b')
    assert.equal((await p.invoke(name, { parameter: '/c' })).payload, 'value of /c')
    assert.equal((await p.invoke(name, { parameter: '/c', token: 'x' })).payload, 400)
  })

  test('an extension that ends at once is an Extension.Crash, and the function’s own error where it is mended', async (t) => {
    const opt = await optFolder(t, { crashes: '#!/bin/sh\necho going; exit 3\n' })
    const p = await platform(t, { opt })
    const name = await p.createFunction({ 'index.mjs': 'export const handler = () => 1' })

    const { payload, functionError, requestId } = await p.invoke(name)

    assert.equal(functionError, 'Unhandled')
    assert.deepEqual(payload, {
      errorType: 'Extension.Crash',
      errorMessage: `RequestId: ${requestId} Error: exit status 3`,
    })
    const text = await until(p, name, /REPORT/)
    assert.match(text, /EXTENSION\tName: crashes\tState: Started\tEvents: \[\]\n/)
    assert.match(text, /INIT_REPORT .*\tPhase: init\tStatus: error\tError Type: Extension\.Crash\n/)
    assert.match(text, /REPORT .*\tStatus: error\tError Type: Extension\.Crash\n/)
    assert.match(text, /^going$/m)
  })

  test('an extension that cannot be executed is an Extension.LaunchError', async (t) => {
    const opt = await optFolder(t, { plain: 'no program' }, 0o644)
    const p = await platform(t, { opt })
    const name = await p.createFunction({ 'index.mjs': 'export const handler = () => 1' })

    const { payload } = await p.invoke(name)

    assert.equal(payload.errorType, 'Extension.LaunchError')
    assert.match(payload.errorMessage, /fork\/exec \/opt\/extensions\/plain: permission denied$/)
    const text = await until(p, name, /REPORT/)
    assert.match(
      text,
      /EXTENSION\tName: plain\tState: LaunchError\tEvents: \[\]\tError Type: PermissionDenied\n/,
    )
  })

  test('a timeout ends what the extensions do too, and they are told the reason', async (t) => {
    const p = await platform(t, { opt: path.join(FIXTURES, 'telemetry') })
    const name = await p.createFunction(
      {
        'index.mjs':
          'export const handler = ({ hang }) => hang ? new Promise((resolve) => setTimeout(resolve, 60000)) : 1',
      },
      { Timeout: 2 },
    )
    assert.equal((await p.invoke(name, {})).payload, 1)

    const { payload } = await p.invoke(name, { hang: true })

    assert.equal(payload.errorType, 'Sandbox.Timedout')
    const text = await until(p, name, /event SHUTDOWN timeout/)
    assert.match(text, /heard platform\.runtimeDone timeout/)
    assert.equal((await p.invoke(name, {})).payload, 1)
  })

  const mounts = { skip: !works('bwrap', '--version') && 'without bubblewrap nothing is mounted' }
  test('a folder without extensions is at /opt all the same', mounts, async (t) => {
    const opt = await optFolder(t, {})
    await writeFile(path.join(opt, 'data.txt'), 'from a layer')
    const p = await platform(t, { opt })
    const name = await p.createFunction(
      { 'app.py': 'def handler(event, context):\n    return open("/opt/data.txt").read()\n' },
      { Runtime: 'python3.11', Handler: 'app.handler' },
    )
    assert.equal((await p.invoke(name)).payload, 'from a layer')
  })
})

async function optFolder(t: TestContext, extensions: Record<string, string>, mode = 0o755): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lambdad-opt-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  await mkdir(path.join(folder, 'extensions'))
  for (const [name, text] of Object.entries(extensions)) {
    await writeFile(path.join(folder, 'extensions', name), text, { mode })
  }
  return folder
}

/** The log of a function, once it says `what`. */
async function until(p: Platform, name: string, what: RegExp): Promise<string> {
  let text = ''
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    const group = { logGroupName: `/aws/lambda/${name}` }
    const { events = [] } = await p.logs
      .send(new FilterLogEventsCommand(group))
      .catch(() => ({ events: undefined }))
    text = events.map(({ message }) => message).join('')
    if (what.test(text)) return text
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what} is not in the log:\n${text}`)
}

/** `wished`, where nobody has it. */
function freePort(wished: number): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(freePort(0)))
    server.listen(wished, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
