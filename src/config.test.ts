import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  effectiveAuth,
  flagOf,
  readSettings,
  refuseUnsandboxed,
  SettingError,
  settingSchema,
  variableOf,
} from './config.ts'

describe('settings', () => {
  test('without flags and variables every setting has its default', () => {
    const settings = readSettings({}, {})
    assert.equal(settings.port, 4566)
    assert.equal(settings.host, '127.0.0.1')
    assert.equal(effectiveAuth(settings), 'open')
  })

  test('a flag wins over a variable, and a variable over the default', () => {
    assert.equal(readSettings({}, { LAMBDAD_PORT: '5000' }).port, 5000)
    assert.equal(readSettings({ port: '6000' }, { LAMBDAD_PORT: '5000' }).port, 6000)
  })

  test('every setting has a flag, a variable and a sentence that explains it', () => {
    assert.equal(flagOf('environmentsMax'), 'environments-max')
    assert.equal(variableOf('environmentsMax'), 'LAMBDAD_ENVIRONMENTS_MAX')
    for (const { help } of Object.values(settingSchema)) assert.match(help, /^.{20,}\.$/)
  })

  test('another address than loopback is strict by default', () => {
    assert.equal(effectiveAuth(readSettings({ host: '0.0.0.0' }, {})), 'strict')
  })

  test('strict mode refuses plain processes unless asked for by name, open mode does not', () => {
    const plain = { isolates: false, advice: 'bubblewrap is not installed' }
    const strict = readSettings({ auth: 'strict' }, {})
    assert.throws(() => refuseUnsandboxed(strict, plain), /bubblewrap is not installed.*--sandbox process/)
    refuseUnsandboxed(strict, { isolates: true })
    refuseUnsandboxed(readSettings({ auth: 'strict', sandbox: 'process' }, {}), plain)
    refuseUnsandboxed(readSettings({}, {}), plain)
  })
})

describe('settings that make no sense are refused, naming the flag or variable', () => {
  const refusals: [string, Record<string, string>, Record<string, string>, RegExp][] = [
    ['port out of range', { port: '70000' }, {}, /^--port takes a whole number from 0 to 65535, not "70000"/],
    ['port that is no number', {}, { LAMBDAD_PORT: 'http' }, /^LAMBDAD_PORT takes a whole number/],
    ['port that is empty', { port: '' }, {}, /^--port takes a whole number/],
    [
      'unknown network',
      { network: 'vpc' },
      {},
      /^--network takes one of default, isolated, shared, not "vpc"/,
    ],
    ['unknown choice', { auth: 'none' }, {}, /^--auth takes one of default, open, strict, not "none"/],
    ['flag with another value', {}, { LAMBDAD_MEMORY: 'yes' }, /^LAMBDAD_MEMORY takes true or false/],
    ['open to the world', { auth: 'open', host: '0.0.0.0' }, {}, /^--auth open listens on loopback only/],
    ['account of 11 digits', { account: '12345678901' }, {}, /^--account takes 12 digits/],
    ['region', { region: 'moon' }, {}, /^--region takes the name of an AWS region/],
    ['database of another kind', { database: 'mysql://x' }, {}, /^--database takes a URL/],
    ['memory and database', { memory: 'true', database: 'postgres://x' }, {}, /exclude each other/],
  ]
  for (const [name, flags, variables, message] of refusals) {
    test(name, () => {
      assert.throws(
        () => readSettings(flags, variables),
        (error: unknown) => error instanceof SettingError && message.test(error.message),
      )
    })
  }
})
