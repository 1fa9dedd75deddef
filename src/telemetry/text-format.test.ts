import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InitReport } from '../wire/platform-event.ts'
import { REQUEST, type Rig, TIME, telemetryRig } from './testing.ts'

function initStart(
  rig: Rig,
  more: object = { runtimeVersion: 'python:3.12.v57', runtimeVersionArn: 'arn:rt' },
) {
  const record = {
    initializationType: 'on-demand' as const,
    phase: 'init' as const,
    functionName: 'f',
    functionVersion: '$LATEST',
    instanceId: rig.source.logStream,
    instanceMaxMemory: 134217728,
    ...more,
  }
  rig.telemetry.event(rig.source, { time: TIME, type: 'platform.initStart', record })
}

function initReport(rig: Rig, more: Partial<InitReport>) {
  const record: InitReport = {
    initializationType: 'on-demand',
    phase: 'init',
    status: 'success',
    metrics: { durationMs: 150.789 },
    ...more,
  }
  rig.telemetry.event(rig.source, { time: TIME, type: 'platform.initReport', record })
}

test('a cold start and an invocation make exactly the lines of AWS', () => {
  const rig = telemetryRig()
  initStart(rig)
  rig.write('loading\n')
  initReport(rig, {})
  rig.start()
  rig.write('hello\nworld\n')
  rig.done()
  rig.report('success', { metrics: { initDurationMs: 103.011 } })

  assert.equal(
    rig.text(),
    'INIT_START Runtime Version: python:3.12.v57\tRuntime Version ARN: arn:rt\n' +
      'loading\n' +
      `START RequestId: ${REQUEST} Version: $LATEST\n` +
      'hello\n' +
      'world\n' +
      `END RequestId: ${REQUEST}\n` +
      `REPORT RequestId: ${REQUEST}\tDuration: 2.51 ms\tBilled Duration: 106 ms\tMemory Size: 128 MB\t` +
      'Max Memory Used: 67 MB\tInit Duration: 103.01 ms\t\n',
  )
  assert.equal(rig.events.length, 7)
})

test('every event goes to the stream of its environment, in the group of the function, at the time of the clock', async () => {
  const rig = telemetryRig({ logging: { group: '/my/own' } })
  await rig.clock.advance(1234)
  rig.start()

  const [event] = rig.events
  assert.equal(event?.group, '/my/own')
  assert.equal(event?.stream, '2026/01/01/[$LATEST]e1')
  assert.equal(event?.accountId, '111111111111')
  assert.equal(event?.region, 'us-east-1')
  assert.equal(event?.timestamp, Date.UTC(2026, 0, 1) + 1234)
})

test('a timeout is told in the older line and in the Status of REPORT', () => {
  const rig = telemetryRig()
  rig.start()
  rig.done('timeout')
  rig.report('timeout')

  assert.equal(rig.events[1]?.message, `${TIME} ${REQUEST} Task timed out after 3.00 seconds\n\n`)
  assert.match(rig.events[3]?.message ?? '', /Max Memory Used: 67 MB\tStatus: timeout\n$/)
})

test('a crash is told in the older line and in the Status of REPORT', () => {
  const rig = telemetryRig()
  rig.start()
  const errorType = 'Runtime.ExitError'
  rig.done('error', { errorType, errorMessage: 'Runtime exited with error: signal: killed' })
  rig.report('error', { errorType })

  assert.equal(
    rig.events[1]?.message,
    `RequestId: ${REQUEST} Error: Runtime exited with error: signal: killed\nRuntime.ExitError\n`,
  )
  assert.match(rig.events[3]?.message ?? '', /67 MB\tStatus: error\tError Type: Runtime\.ExitError\n$/)
})

test('an error that the handler returns leaves no trace in the system lines', () => {
  const rig = telemetryRig()
  rig.start()
  rig.done('failure', { errorType: 'ValueError' })
  rig.report('failure', { errorType: 'ValueError' })

  assert.equal(rig.events.length, 3)
  assert.match(rig.events[2]?.message ?? '', /Max Memory Used: 67 MB\t\n$/)
})

test('only an init that failed is reported, with its phase', () => {
  const rig = telemetryRig()
  initReport(rig, {})
  initReport(rig, { status: 'error', errorType: 'Runtime.ImportModuleError' })
  initReport(rig, { status: 'timeout', metrics: { durationMs: 10008.634 } })
  initReport(rig, { status: 'error', errorType: 'Extension.Crash', phase: 'invoke' })

  assert.deepEqual(
    rig.events.map(({ message }) => message),
    [
      'INIT_REPORT Init Duration: 150.79 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError\n',
      'INIT_REPORT Init Duration: 10008.63 ms\tPhase: init\tStatus: timeout\n',
      'INIT_REPORT Init Duration: 150.79 ms\tPhase: invoke\tStatus: error\tError Type: Extension.Crash\n',
    ],
  )
})

test('an init ahead of invocations is always reported', () => {
  const rig = telemetryRig()
  initReport(rig, { initializationType: 'provisioned-concurrency' })
  assert.equal(rig.text(), 'INIT_REPORT Init Duration: 150.79 ms\tPhase: init\n')
})

test('a runtime without a version, and an init that runs again, have no INIT_START', () => {
  const rig = telemetryRig()
  initStart(rig, {})
  initStart(rig, { runtimeVersion: 'python:3.12.v57', phase: 'invoke' })
  assert.equal(rig.text(), '')
})

test('a sampled trace adds its line to the event of REPORT', () => {
  const rig = telemetryRig()
  const trace = 'Root=1-5f000000-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled='
  rig.start()
  rig.report('success', { tracing: { type: 'X-Amzn-Trace-Id', value: `${trace}1;Lineage=1:abc:0` } })
  rig.report('success', { tracing: { type: 'X-Amzn-Trace-Id', value: `${trace}0` } })

  assert.match(
    rig.events[2]?.message ?? '',
    /67 MB\t\nXRAY TraceId: 1-5f000000-0123456789abcdef01234567\tSegmentId: 0123456789abcdef\tSampled: true\t\n$/,
  )
  assert.match(rig.events[4]?.message ?? '', /67 MB\t\n$/)
})
