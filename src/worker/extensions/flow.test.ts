import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlatformEvent } from '../../wire/platform-event.ts'
import { given, invocation, next, payloadOf, refusal, register, type Scripted, turns } from './testing.ts'

test('the runtime is started when every external extension has registered', async () => {
  const { scripted } = await given(['a', 'b'])

  scripted.register('a', ['INVOKE'])
  assert.deepEqual(scripted.told, [])
  scripted.register('b', ['SHUTDOWN'])

  assert.deepEqual(scripted.told, ['start 0'])
})

test('init is over when the runtime and all extensions asked for an event', async () => {
  const { scripted, told, freed } = await given(['a'])
  const a = scripted.register('a', ['INVOKE', 'SHUTDOWN'])
  scripted.next()
  await turns()
  assert.equal(freed(), 0)
  assert.deepEqual(told(), ['initStart init', 'initRuntimeDone init success'])

  a.next()
  await turns()

  assert.equal(freed(), 1)
  assert.deepEqual(told().slice(2), ['extension a Ready INVOKE,SHUTDOWN', 'initReport init success'])
})

test('an extension that is slower than 10 s is a timeout of the init', async () => {
  const { scripted, told, clock } = await given(['a'])
  scripted.register('a', ['INVOKE'])
  scripted.next()
  await clock.advance(10_000)
  await clock.advance(2000)

  assert.ok(told().includes('initReport init timeout'))
  assert.ok(told().includes('extension a Registered INVOKE'))
})

test('an invocation is told to those that asked for it, once, with its deadline', async () => {
  const { environment, scripted, clock } = await given(['a', 'b'])
  const a = scripted.register('a', ['INVOKE'])
  const b = scripted.register('b', ['SHUTDOWN'])
  await scripted.allReady()
  const deadlineMs = clock.now() + 3000

  environment.invoke(invocation('r1'))
  scripted.next()
  await turns()

  assert.deepEqual(a.events, [
    {
      eventType: 'INVOKE',
      deadlineMs,
      requestId: 'r1',
      invokedFunctionArn: 'arn:alias',
      tracing: { type: 'X-Amzn-Trace-Id', value: 'Root=1' },
    },
  ])
  assert.deepEqual(b.events, [])
})

test('the caller has its response while extensions are at work; billing and the environment wait for them', async () => {
  const { environment, scripted, clock, events, freed } = await given(['a'])
  const a = scripted.register('a', ['INVOKE'])
  await scripted.allReady()
  const outcome = environment.invoke(invocation('r1'))
  await clock.advance(100)
  scripted.answer('r1')
  assert.equal((await outcome).kind, 'success')
  scripted.next()
  await turns()
  assert.equal(events().at(-1)?.type, 'platform.runtimeDone')
  assert.equal(freed(), 1)

  await clock.advance(400)
  a.next()
  await turns()

  assert.equal(freed(), 2)
  const [done, report] = events().slice(-2) as Extract<PlatformEvent, { type: 'platform.report' }>[]
  assert.equal(done?.record.metrics.durationMs, 100)
  assert.equal(report?.record.metrics.durationMs, 500)
  assert.equal(report?.record.metrics.billedDurationMs, 500)
  assert.deepEqual(
    report?.record.spans?.map(({ name, durationMs }) => [name, durationMs]),
    [['extensionOverhead', 400]],
  )
})

test('what extensions take longer than the timeout ends the environment, but not the answer', async () => {
  const { environment, scripted, clock, told, freed } = await given(['a'])
  scripted.register('a', ['INVOKE'])
  await scripted.allReady()
  const outcome = environment.invoke(invocation('r1'))
  scripted.answer('r1')
  scripted.next()
  await clock.advance(3000)
  await clock.advance(2000)

  assert.equal((await outcome).kind, 'success')
  assert.deepEqual(told().slice(-2), ['runtimeDone r1 success', 'report r1 timeout'])
  assert.equal(freed(), 2)
})

test('an extension that crashes under an invocation is its error, and the next invocation starts all again', async () => {
  const { environment, scripted, runs, clock, told } = await given(['a'])
  scripted.register('a', ['INVOKE'])
  await scripted.allReady()
  const outcome = environment.invoke(invocation('r1'))
  scripted.processEnds(1, 137)

  assert.deepEqual(payloadOf(await outcome), {
    errorType: 'Extension.Crash',
    errorMessage: 'RequestId: r1 Error: signal: killed',
  })
  await clock.advance(2000)
  assert.equal(told().at(-1), 'report r1 error Extension.Crash')

  environment.invoke(invocation('r2'))
  await turns()
  assert.equal(runs.length, 2)
  assert.equal(runs[1]?.register('a', ['INVOKE']).status, 200)
})

test('an init error of an extension is told with its own type, and is Extension.InitError to the caller', async () => {
  const { environment, scripted, runs, clock, told } = await given(['a'])
  const outcome = environment.invoke(invocation('r1'))
  for (const i of [0, 1]) {
    await turns()
    const a = (runs[i] as Scripted).register('a', ['INVOKE'])
    assert.equal(a.fails('init', 'Own.Reason'), 'accepted')
    assert.equal(a.fails('init', 'Again'), 'accepted')
    ;(runs[i] as Scripted).processEnds(1, 4)
    await clock.advance(2000)
  }
  scripted.next()

  assert.deepEqual(payloadOf(await outcome), {
    errorType: 'Extension.InitError',
    errorMessage: 'RequestId: r1 Error: exit status 4',
  })
  assert.ok(told().includes('extension a InitError INVOKE Own.Reason'))
  assert.ok(told().includes('initReport init error Extension.InitError'))
})

test('an extension that reports its end and stays is not waited for', async () => {
  const { environment, scripted, clock } = await given(['a'])
  const a = scripted.register('a', ['INVOKE'])
  await scripted.allReady()
  const outcome = environment.invoke(invocation('r1'))
  assert.equal(a.fails('exit', 'Own.Reason'), 'accepted')
  await clock.advance(500)

  assert.equal((payloadOf(await outcome) as { errorType: string }).errorType, 'Extension.ExitError')
})

test('a runtime that crashes beside extensions is its own error; they are told of a failure', async () => {
  const { environment, scripted, clock } = await given(['a'])
  const a = scripted.register('a', ['SHUTDOWN'])
  await scripted.allReady()
  const outcome = environment.invoke(invocation('r1'))
  scripted.processEnds(0, 1)

  assert.deepEqual(payloadOf(await outcome), {
    errorType: 'Runtime.ExitError',
    errorMessage: 'RequestId: r1 Error: Runtime exited with error: exit status 1',
  })
  await turns()
  const until = clock.now() + 2000
  assert.deepEqual(a.events, [{ eventType: 'SHUTDOWN', shutdownReason: 'failure', deadlineMs: until }])
})

test('at the end the runtime has 300 ms after SIGTERM, then the extensions the rest of 2 s', async () => {
  const { environment, scripted, clock, gone } = await given(['a', 'b'])
  const a = scripted.register('a', ['INVOKE', 'SHUTDOWN'])
  scripted.register('b', ['INVOKE'])
  await scripted.allReady()
  const until = clock.now() + 2000
  environment.retire()
  await turns()
  assert.equal(gone(), 1)
  assert.deepEqual(scripted.told.slice(1), ['TERM 100'])
  await clock.advance(299)
  assert.deepEqual(a.events, [])
  await clock.advance(1)
  await turns()

  assert.deepEqual(scripted.told.slice(2), ['KILL 100', 'KILL 102'])
  assert.deepEqual(a.events, [{ eventType: 'SHUTDOWN', shutdownReason: 'spindown', deadlineMs: until }])
  await clock.advance(1699)
  assert.equal(scripted.killed, false)
  await clock.advance(1)
  assert.equal(scripted.killed, true)
})

test('nobody is waited for that has ended', async () => {
  const { environment, scripted, clock } = await given(['a'])
  scripted.register('a', ['SHUTDOWN'])
  await scripted.allReady()
  environment.retire()
  await turns()
  scripted.processEnds(0, 143)
  await turns()
  scripted.processEnds(1, 0)
  await turns()

  assert.equal(scripted.killed, true)
  await clock.advance(5000)
})

test('nobody is waited for where all of the sandbox has ended', async () => {
  const { environment, scripted, freed } = await given(['a'])
  scripted.register('a', ['SHUTDOWN'])
  await scripted.allReady()
  const outcome = environment.invoke(invocation('r1'))
  scripted.kill()

  assert.equal((payloadOf(await outcome) as { errorType: string }).errorType, 'Runtime.ExitError')
  await turns()
  assert.equal(freed(), 2)
})

test('an extension at work hears of the shutdown when it asks', async () => {
  const { environment, scripted, clock } = await given(['a'], { timeoutMs: 1000 })
  const a = scripted.register('a', ['INVOKE', 'SHUTDOWN'])
  await scripted.allReady()
  const outcome = environment.invoke(invocation('r1'))
  await clock.advance(1000)
  assert.equal((payloadOf(await outcome) as { errorType: string }).errorType, 'Sandbox.Timedout')
  await clock.advance(300)
  assert.equal(a.events.length, 1)

  const reply = a.next() as { text: string }

  assert.match(reply.text, /"eventType":"SHUTDOWN","shutdownReason":"timeout"/)
})

test('an internal extension registers for INVOKE, is waited for, and leaves the runtime 500 ms to end', async () => {
  const { environment, scripted, clock, gone } = await given([])
  const own = scripted.register('own', ['INVOKE'])
  scripted.next()
  await turns()
  own.next()
  await turns()
  const outcome = environment.invoke(invocation('r1'))
  assert.equal((own.events[0] as { requestId: string }).requestId, 'r1')
  scripted.answer('r1')
  scripted.next()
  own.next()
  await outcome
  await turns()

  environment.retire()
  assert.equal(gone(), 1)
  await turns()
  assert.equal(scripted.terminated, true)
  await clock.advance(499)
  assert.equal(scripted.killed, false)
  await clock.advance(1)
  assert.equal(scripted.killed, true)
})

test('without extensions the runtime is killed at once, without SIGTERM', async () => {
  const { environment, scripted } = await given([])
  scripted.next()
  await turns()

  environment.retire()

  assert.deepEqual([scripted.terminated, scripted.killed], [false, true])
})

test('what cannot be executed fails the init before anything runs', async () => {
  const flaw = {
    errorType: 'PermissionDenied',
    message: 'fork/exec /opt/extensions/x: permission denied',
  } as const
  const { environment, told } = await given([{ name: 'x', flaw }])
  const outcome = await environment.invoke(invocation('r1'))

  assert.deepEqual(payloadOf(outcome), {
    errorType: 'Extension.LaunchError',
    errorMessage: 'RequestId: r1 Error: fork/exec /opt/extensions/x: permission denied',
  })
  assert.ok(told().includes('extension x LaunchError  PermissionDenied'))
})

// Refusals ----------------------------------------------------------------------------------------------

const initError = 'POST /2020-01-01/extension/init/error'
const telemetry = 'PUT /2022-07-01/telemetry'
const NOBODY = 'Lambda-Extension-Identifier: 00000000-0000-4000-8000-000000000000'

for (const [what, request, fields, body, errorType, errorMessage] of [
  ['no name', register, '', '{"events":[]}', 'Extension.InvalidExtensionName', 'Empty extension name'],
  ['a body that is no JSON', register, 'Lambda-Extension-Name: x', 'INVOKE', 'InvalidRequestFormat', /JSON/],
  ['a body that is a list', register, 'Lambda-Extension-Name: x', '[]', 'InvalidRequestFormat', /object/],
  [
    'events that are no list',
    register,
    'Lambda-Extension-Name: x',
    '{"events":"INVOKE"}',
    'InvalidRequestFormat',
    /list/,
  ],
  [
    'configuration keys',
    register,
    'Lambda-Extension-Name: x',
    '{"configurationKeys":["a"]}',
    'InvalidRequestFormat',
    'configurationKeys are deprecated; use environment variables instead',
  ],
  [
    'an event that does not exist',
    register,
    'Lambda-Extension-Name: x',
    '{"events":["PARTY"]}',
    'Extension.InvalidEventType',
    /^PARTY: /,
  ],
  [
    'SHUTDOWN for an internal one',
    register,
    'Lambda-Extension-Name: x',
    '{"events":["SHUTDOWN"]}',
    'Extension.InvalidEventType',
    /^SHUTDOWN: /,
  ],
  [
    'a name that is taken',
    register,
    'Lambda-Extension-Name: own',
    '{"events":[]}',
    'Extension.InvalidExtensionState',
    'Extension with this name already registered',
  ],
  [
    'no identifier',
    next,
    '',
    '',
    'Extension.MissingExtensionIdentifier',
    'Missing Lambda-Extension-Identifier header',
  ],
  [
    'an identifier that is none',
    next,
    'Lambda-Extension-Identifier: me',
    '',
    'Extension.InvalidExtensionIdentifier',
    'Invalid Lambda-Extension-Identifier',
  ],
  [
    'an unknown identifier',
    next,
    NOBODY,
    '',
    'Extension.UnknownExtensionIdentifier',
    'Unknown extension 00000000-0000-4000-8000-000000000000',
  ],
  [
    'an unknown identifier that subscribes',
    telemetry,
    NOBODY,
    '{}',
    'Extension.UnknownExtensionIdentifier',
    /^Unknown/,
  ],
  ['no identifier that subscribes', telemetry, '', '{}', 'Extension.MissingExtensionIdentifier', /^Missing/],
  [
    'an error without its type',
    initError,
    'ME',
    '{}',
    'Extension.MissingHeader',
    'Lambda-Extension-Function-Error-Type not found',
  ],
] as const) {
  test(`${what} is refused as ${errorType}`, async () => {
    const { scripted } = await given([])
    const own = scripted.register('own', ['INVOKE'])

    const reply = scripted.call(
      request,
      fields === 'ME' ? `Lambda-Extension-Identifier: ${own.id}` : fields,
      body,
    )

    assert.ok(typeof reply === 'object' && 'refused' in reply)
    assert.equal(reply.refused.status, 403)
    assert.equal(reply.refused.errorType, errorType)
    if (typeof errorMessage === 'string') assert.equal(reply.refused.errorMessage, errorMessage)
    else assert.match(reply.refused.errorMessage, errorMessage)
  })
}

test('calls in the wrong order are refused with both states', async () => {
  const { scripted } = await given(['a'])
  const a = scripted.register('a', ['INVOKE'])
  assert.equal(
    refusal(scripted.call(register, 'Lambda-Extension-Name: a', '{"events":[]}')),
    'Extension.InvalidExtensionState: State transition from Registered to Registered failed for extension a. Error: State transition is not allowed',
  )
  a.next()
  assert.match(
    refusal(a.next()),
    /^Extension\.InvalidExtensionState: State transition from Ready to Ready failed/,
  )
  assert.match(refusal(a.fails('init', 'X')), /from Ready to InitError failed/)
})

test('the eleventh extension is refused', async () => {
  const { scripted } = await given([])
  for (let i = 0; i < 10; i++) assert.equal(scripted.register(`e${i}`, ['INVOKE']).status, 200)

  assert.equal(
    refusal(scripted.call(register, 'Lambda-Extension-Name: e10', '{"events":[]}')),
    'Extension.TooManyExtensions: Extension limit (10) reached',
  )
})

test('registration closes when the runtime asks for its first event, and subscriptions with init', async () => {
  const { scripted } = await given(['a'])
  const a = scripted.register('a', ['INVOKE'])
  scripted.next()

  assert.equal(
    refusal(scripted.call(register, 'Lambda-Extension-Name: late', '{"events":[]}')),
    'Extension.RegistrationClosed: Extension registration closed already',
  )
  a.next()
  await turns()
  for (const [path, api] of [
    ['/2022-07-01/telemetry', 'Telemetry'],
    ['/2020-08-15/logs', 'Logs'],
  ]) {
    const reply = scripted.call(`PUT ${path}`, `Lambda-Extension-Identifier: ${a.id}`, '{}')
    assert.equal(refusal(reply), `${api}.SubscriptionClosed: ${api} API subscription is closed already`)
  }
})

test('the first to speak after init finds registration closed', async () => {
  const { scripted } = await given([])
  scripted.next()
  await turns()

  assert.match(refusal(scripted.call(register, 'Lambda-Extension-Name: x', '{}')), /RegistrationClosed/)
})

test('who registers hears of the function, and of the account where it asks', async () => {
  const { scripted } = await given([])

  const reply = scripted.call(
    register,
    'Lambda-Extension-Name: x\r\nLambda-Extension-Accept-Feature: a, accountId',
    '{"events":[]}',
  ) as { text: string }

  assert.deepEqual(JSON.parse(reply.text.split('\r\n\r\n')[1] as string), {
    functionName: 'f',
    functionVersion: '$LATEST',
    handler: 'index.handler',
    accountId: '000000000000',
  })
})
