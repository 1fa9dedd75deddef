import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  type GetFunctionConfigurationCommandOutput,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { realClock } from '../src/base/clock.ts'
import { rawTar } from '../src/base/tar/testing.ts'
import {
  appLayer,
  archiveOf,
  baseLayer,
  noImages,
  testImage,
  testRegistry,
  writeDockerArchive,
  writeLayout,
} from './support/image.ts'
import { type Platform, platform, ROLE } from './support/platform.ts'
import { zipOf } from './support/zip.ts'

const base = noImages ? Buffer.alloc(0) : baseLayer()

describe('functions that are container images', { skip: noImages }, () => {
  test('an image of an OCI layout runs with its own runtime, root and settings', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    const image = testImage([base, appLayer('one')], { Cmd: ['first', 'second'] })
    const folder = temporary(t)
    writeLayout(folder, { latest: image, other: testImage([base]) })
    const active = await createImage(p, 'f', `oci:${folder}`)
    const hex = image.digest.slice('sha256:'.length)
    assert.deepEqual(
      [active.State, active.PackageType, active.CodeSha256, active.CodeSize, active.Runtime, active.Handler],
      ['Active', 'Image', hex, 0, undefined, undefined],
    )
    const { payload, log } = await p.invoke('f', { a: 1 }, { LogType: 'Tail' })
    const { event, args, cwd, env, uid, hello, writesRoot, writesEtc, writesTmp, seesHost, caps } = payload
    assert.deepEqual(
      { event, args, cwd, hello, writesRoot, writesEtc, writesTmp, seesHost },
      {
        event: { a: 1 },
        args: ['first', 'second'],
        cwd: '/app',
        hello: 'one',
        writesRoot: false,
        writesEtc: false,
        writesTmp: true,
        seesHost: false,
      },
    )
    assert.ok(uid > 0, 'the image’s USER is not asked, and it is not root')
    assert.match(caps, /^0+$/)
    assert.equal(env.FROM_IMAGE, 'yes')
    assert.equal(env.AWS_LAMBDA_FUNCTION_NAME, 'f')
    for (const name of ['AWS_EXECUTION_ENV', '_HANDLER', 'LAMBDA_TASK_ROOT', 'LD_LIBRARY_PATH'])
      assert.equal(env[name], undefined)
    assert.match(log ?? '', /greeting from the image/)
    assert.equal((await p.invoke('f', 2)).payload.event, 2, 'its environment is used again')

    const { Code } = await p.lambda.send(new GetFunctionCommand({ FunctionName: 'f' }))
    assert.deepEqual(Code, {
      RepositoryType: 'ECR',
      ImageUri: `oci:${folder}`,
      ResolvedImageUri: `oci:${folder}@${image.digest}`,
    })
  })

  test('archives of either kind are read, with a tag and without one', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    const folder = temporary(t)
    writeLayout(`${folder}/l`, { v1: testImage([base, appLayer('oci')], {}, { gzip: true }) })
    const oci = archiveOf(`${folder}/l`)
    const docker = `${folder}/docker.tar`
    writeDockerArchive(docker, [base, appLayer('docker')], 'mine:v2')
    const cases = [
      [`oci-archive:${oci}:v1`, 'oci'],
      [`oci-archive:${oci}`, 'oci'],
      [`file://${docker}`, 'docker'],
      [`docker-archive:${docker}:v2`, 'docker'],
    ] as const
    for (const [i, [uri, hello]] of cases.entries()) {
      await createImage(p, `f${i}`, uri)
      assert.equal((await p.invoke(`f${i}`)).payload.hello, hello)
    }
    assert.match((await createImage(p, 'no', `oci-archive:${oci}:v9`)).StateReason ?? '', /does not exist/)
  })

  test('ImageConfig replaces entry point, command and folder, each by itself, and goes again', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    const folder = temporary(t)
    writeLayout(folder, { latest: testImage([base, appLayer('x')], { Cmd: ['of-image'] }) })
    const created = await createImage(p, 'f', `oci:${folder}`, {
      ImageConfig: { Command: ['mine'], WorkingDirectory: '/tmp' },
    })
    assert.deepEqual(created.ImageConfigResponse?.ImageConfig, {
      Command: ['mine'],
      WorkingDirectory: '/tmp',
    })
    const first = (await p.invoke('f')).payload
    assert.deepEqual([first.args, first.cwd], [['mine'], '/tmp'])

    const changed = await configure(p, { EntryPoint: ['perl', '/app/run'] })
    assert.deepEqual(changed.ImageConfigResponse?.ImageConfig, { EntryPoint: ['perl', '/app/run'] })
    const second = (await p.invoke('f')).payload
    assert.deepEqual([second.args, second.cwd], [['of-image'], '/app'])

    assert.equal((await configure(p, {})).ImageConfigResponse, undefined)
    assert.deepEqual((await p.invoke('f')).payload.args, ['of-image'])
  })

  test('an entry point or a folder that is not there is AWS’s error', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    const folder = temporary(t)
    const layer = appLayer('x', [
      { name: 'app/plain', data: 'text' },
      { name: 'app/text', data: 'text', mode: 0o755 },
      { name: 'app/script', data: '#!/no/such\n', mode: 0o755 },
      { name: 'app/out', type: '2', link: '/usr/bin/env' },
    ])
    writeLayout(folder, { latest: testImage([base, layer]) })
    await createImage(p, 'f', `oci:${folder}`)
    const wrongPrograms = [
      ['/no', 'fork/exec /no: no such file or directory'],
      ['/app/plain', 'fork/exec /app/plain: permission denied'],
      ['/app/text', 'fork/exec /app/text: exec format error'],
      ['/app/script', 'fork/exec /app/script: no such file or directory'],
      // It is on the host, but not in the image.
      ['/app/out', 'fork/exec /app/out: no such file or directory'],
      ['nothing', 'exec: "nothing": executable file not found in $PATH'],
    ] as const
    for (const [program, message] of wrongPrograms) {
      await configure(p, { EntryPoint: [program] })
      const { payload, functionError, requestId } = await p.invoke('f')
      assert.equal(functionError, 'Unhandled')
      assert.deepEqual(payload, {
        errorType: 'Runtime.InvalidEntrypoint',
        errorMessage: `RequestId: ${requestId} Error: ${message}`,
      })
    }
    await configure(p, { WorkingDirectory: '/no' })
    const { payload, requestId } = await p.invoke('f')
    assert.deepEqual(payload, {
      errorType: 'Runtime.InvalidWorkingDir',
      errorMessage: `RequestId: ${requestId} Error: the working directory doesn't exist: /no`,
    })
    await configure(p, {})
    assert.equal((await p.invoke('f', 'crash')).payload.errorType, 'Runtime.ExitError')
    assert.equal((await p.invoke('f')).payload.hello, 'x')
  })

  test('a new tag is pulled by an update, its layers cover the old ones, and shared layers are fetched once', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    const registry = await testRegistry(t)
    const first = testImage([base, appLayer('one', [{ name: 'app/gone' }])])
    const whiteout = rawTar([{ name: 'app/.wh.gone' }, { name: 'app/hello', data: 'two' }])
    const second = testImage([base, appLayer('one', [{ name: 'app/gone' }]), whiteout])
    registry.push('v1', first)
    registry.push('v2', second)
    const uri = `${registry.host}/team/app`
    await createImage(p, 'f', `${uri}:v1`)
    await createImage(p, 'g', `${uri}@${first.digest}`)
    const before = (await p.invoke('f')).payload
    assert.deepEqual([before.hello, before.gone], ['one', true])
    assert.equal((await p.invoke('g')).payload.hello, 'one')

    await p.lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'f', ImageUri: `${uri}:v2`, Publish: true }),
    )
    await settled(p, 'f')
    await settled(p, 'f', '1')
    const after = (await p.invoke('f')).payload
    assert.deepEqual([after.hello, after.gone], ['two', false])
    assert.equal((await p.invoke('f', 1, { Qualifier: '1' })).payload.hello, 'two')
    const { Code } = await p.lambda.send(new GetFunctionCommand({ FunctionName: 'f' }))
    assert.equal(Code?.ResolvedImageUri, `${uri}@${second.digest}`)
    const fetches = registry.asked.filter((url) => url.endsWith(first.layers[0] ?? ''))
    assert.equal(fetches.length, 1, 'two functions and three pulls share the first layer')
    assert.equal(readdirSync(`${p.data}/cache/images`).length, 2)

    for (const name of ['f', 'g']) await p.lambda.send(new DeleteFunctionCommand({ FunctionName: name }))
  })

  test('of an index the manifest for this machine is taken, and what is for none is refused', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    const registry = await testRegistry(t)
    const mine = testImage([base, appLayer('mine')])
    const other = testImage([base], {}, { architecture: 's390x' })
    registry.push('mine', mine)
    registry.push('other', other)
    const index = (...images: [typeof mine, string][]) => ({
      type: 'application/vnd.oci.image.index.v1+json',
      bytes: Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          manifests: images.map(([{ digest, manifest }, architecture]) => ({
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            digest,
            size: manifest.length,
            platform: { os: 'linux', architecture },
          })),
        }),
      ),
    })
    registry.manifests.set(
      'many',
      index([other, 's390x'], [mine, process.arch === 'arm64' ? 'arm64' : 'amd64']),
    )
    registry.manifests.set('none', index([other, 's390x']))
    const many = await createImage(p, 'many', `${registry.host}/a:many`)
    assert.equal(many.CodeSha256, mine.digest.slice(7))
    assert.equal((await p.invoke('many')).payload.hello, 'mine')
    for (const tag of ['none', 'other']) {
      const failed = await createImage(p, tag, `${registry.host}/a:${tag}`)
      assert.deepEqual([failed.State, failed.StateReasonCode], ['Failed', 'InvalidImage'])
    }
  })

  test('a registry with a login is given it, and without it the function is Failed', async (t) => {
    const docker = temporary(t)
    const registry = await testRegistry(t, { login: 'me:secret' })
    registry.push('latest', testImage([base, appLayer('private')]))
    const before = process.env.DOCKER_CONFIG
    process.env.DOCKER_CONFIG = docker
    t.after(() => {
      if (before === undefined) delete process.env.DOCKER_CONFIG
      else process.env.DOCKER_CONFIG = before
    })
    const p = await platform(t, { sandbox: 'bubblewrap' })
    const denied = await createImage(p, 'denied', `${registry.host}/a`)
    assert.deepEqual([denied.State, denied.StateReasonCode], ['Failed', 'ImageAccessDenied'])
    await assert.rejects(p.invoke('denied'), { name: 'ResourceConflictException', message: /Failed/ })

    const auth = Buffer.from('me:secret').toString('base64')
    writeFileSync(`${docker}/config.json`, JSON.stringify({ auths: { [registry.host]: { auth } } }))
    await createImage(p, 'allowed', `${registry.host}/a`)
    assert.equal((await p.invoke('allowed')).payload.hello, 'private')
    // What failed is tried again with an update.
    const ImageUri = `${registry.host}/a:latest`
    await p.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'denied', ImageUri }))
    assert.equal((await settled(p, 'denied')).State, 'Active')
    assert.equal((await p.invoke('denied')).payload.hello, 'private')
  })

  test('a missing image fails creation; a failed update leaves what runs as it is', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    const registry = await testRegistry(t)
    const good = testImage([base, appLayer('good')])
    registry.push('good', good)
    const uri = `${registry.host}/a`
    const missing = await createImage(p, 'missing', `${uri}:no`)
    assert.deepEqual(
      [missing.State, missing.StateReasonCode, missing.StateReason],
      ['Failed', 'ImageDeleted', `Source image ${uri}:no does not exist. Provide a valid source image.`],
    )
    await createImage(p, 'f', `${uri}:good`)
    // A layer whose bytes are others than its digest says.
    const tampered = testImage([base, appLayer('tampered')])
    registry.push('tampered', tampered)
    registry.blobs.set(tampered.layers[1] ?? '', appLayer('tampareD'))
    await p.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'f', ImageUri: `${uri}:tampered` }))
    const after = await settled(p, 'f')
    assert.deepEqual(
      [after.State, after.LastUpdateStatus, after.LastUpdateStatusReasonCode],
      ['Active', 'Failed', 'InvalidImage'],
    )
    assert.match(after.LastUpdateStatusReason ?? '', /other bytes/)
    assert.equal((await p.invoke('f')).payload.hello, 'good')
  })

  test('hostile and broken layers make no files outside and an error that says which', async (t) => {
    const p = await platform(t, { sandbox: 'bubblewrap' })
    const folder = temporary(t)
    const outside = temporary(t)
    const cases: [Buffer, RegExp][] = [
      [rawTar([{ name: '../../../../../../tmp/escaped', data: 'x' }]), /has no place in the tree/],
      [rawTar([{ name: 'a', type: '1', link: '/etc/passwd' }]), /hard link/],
      [Buffer.from('this is no archive'.repeat(100)), /a header has/],
      [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]), /cannot be unpacked/],
    ]
    for (const [i, [layer, message]] of cases.entries()) {
      writeLayout(`${folder}/${i}`, { latest: testImage([base, appLayer('x'), layer]) })
      await createImage(p, `f${i}`, `oci:${folder}/${i}`)
      await assert.rejects(p.invoke(`f${i}`), { name: 'InvalidRuntimeException', message })
    }
    const links = rawTar([
      { name: 'out', type: '2', link: outside },
      { name: 'out/a', data: 'x' },
      { name: 'tmp', type: '2', link: outside },
      { name: 'proc', type: '2', link: outside },
      { name: 'dev/sda', type: '4' },
    ])
    writeLayout(`${folder}/links`, { latest: testImage([base, appLayer('links'), links]) })
    await createImage(p, 'links', `oci:${folder}/links`)
    const { payload } = await p.invoke('links')
    assert.deepEqual([payload.hello, payload.writesTmp], ['links', true])
    assert.deepEqual(readdirSync(outside), [])
    assert.equal(readdirSync(`${p.data}/cache/images`).length, 1, 'nothing half made stays')
  })

  test('without bubblewrap an invocation says so', async (t) => {
    const p = await platform(t, { sandbox: 'process' })
    const folder = temporary(t)
    writeLayout(folder, { latest: testImage([base, appLayer('x')]) })
    await createImage(p, 'f', `oci:${folder}`)
    await assert.rejects(p.invoke('f'), { name: 'InvalidRuntimeException', message: /bubblewrap/ })
  })
})

describe('what is an image, and what a package', () => {
  test('settings of the one are refused for the other, in AWS’s words where they are known', async (t) => {
    const p = await platform(t)
    const ofPackages =
      /^Please don't provide Handler or Runtime or Layer when the intended function PackageType is IMAGE\.$/
    const image = { ImageUri: 'oci:/nowhere' }
    const create = (input: Partial<CreateFunctionCommandInput>) =>
      p.lambda.send(
        new CreateFunctionCommand({
          FunctionName: 'f',
          Role: ROLE,
          PackageType: 'Image',
          Code: image,
          ...input,
        }),
      )
    const bad = (message: RegExp) => ({ name: 'InvalidParameterValueException', message })
    await assert.rejects(create({ Runtime: 'nodejs24.x' }), bad(ofPackages))
    await assert.rejects(create({ Handler: 'a.b' }), bad(ofPackages))
    await assert.rejects(
      create({ Layers: ['arn:aws:lambda:us-east-1:123456789012:layer:l:1'] }),
      bad(/Layer/),
    )
    await assert.rejects(
      create({ Code: { ZipFile: await zipOf({ a: '' }) } }),
      bad(/^Please provide ImageUri/),
    )
    for (const ImageUri of [
      'nonsense',
      'Team/App',
      'oci:relative',
      'host.com/UPPER',
      'host.com/a:b:c',
      'host.com/a@sha256:1',
    ])
      await assert.rejects(
        create({ Code: { ImageUri } }),
        bad(/^Source image .* is not valid\. Provide a valid source image\.$/),
      )
    const zip = { PackageType: 'Zip', Runtime: 'nodejs24.x', Handler: 'a.b' } as const
    await assert.rejects(create(zip), bad(/don't provide ImageUri/))
    const Code = { ZipFile: await zipOf({ 'index.mjs': '' }) }
    await assert.rejects(create({ ...zip, Code, ImageConfig: { Command: ['a'] } }), bad(/ImageConfig/))

    await createImage(p, 'image', 'oci:/nowhere')
    const update = { FunctionName: 'image' }
    await assert.rejects(
      p.lambda.send(new UpdateFunctionCodeCommand({ ...update, ...Code })),
      bad(/^Please provide ImageUri when updating a function with packageType Image\.$/),
    )
    await assert.rejects(
      p.lambda.send(new UpdateFunctionConfigurationCommand({ ...update, Handler: 'a.b' })),
      bad(ofPackages),
    )
    const name = await p.createFunction({ 'index.mjs': '' })
    await assert.rejects(
      p.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ...image })),
      bad(/^Please don't provide ImageUri when updating a function with packageType Zip\.$/),
    )
    await p.lambda.send(new PublishVersionCommand({ FunctionName: name }))
  })
})

function temporary(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lambdad-images-'))
  mkdirSync(folder, { recursive: true })
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function createImage(
  p: Platform,
  name: string,
  ImageUri: string,
  more: Partial<CreateFunctionCommandInput> = {},
): Promise<GetFunctionConfigurationCommandOutput> {
  const created = await p.lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: ROLE,
      PackageType: 'Image',
      Code: { ImageUri },
      ...more,
    }),
  )
  assert.deepEqual([created.State, created.PackageType], ['Pending', 'Image'])
  return settled(p, name)
}

async function configure(p: Platform, ImageConfig: NonNullable<CreateFunctionCommandInput['ImageConfig']>) {
  await p.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'f', ImageConfig }))
  return settled(p, 'f')
}

/** Neither Pending nor being updated. */
async function settled(p: Platform, FunctionName: string, Qualifier?: string) {
  for (;;) {
    const shown = await p.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName, ...(Qualifier && { Qualifier }) }),
    )
    if (shown.State !== 'Pending' && shown.LastUpdateStatus !== 'InProgress') return shown
    await realClock.sleep(5)
  }
}
