import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logsRig } from '../testing.ts'

const START = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700]'
const PAGE = `${START} "GET /index.html HTTP/1.0" 404 1534`
const PICTURE = `${START} "GET /apache_pb.gif HTTP/1.0" 200 4355`
const ANY = { $1: '127.0.0.1', $2: '-', $3: 'frank', $4: '10/Oct/2000:13:25:15 -0700' }

async function extracted(t: Parameters<typeof logsRig>[0], filterPattern: string, ...messages: string[]) {
  const rig = await logsRig(t)
  const { matches = [] } = await rig.run('TestMetricFilter', { filterPattern, logEventMessages: messages })
  for (const { eventNumber = 0, eventMessage } of matches)
    assert.equal(eventMessage, messages[eventNumber - 1])
  return matches.map(({ eventNumber, extractedValues }) => [eventNumber, extractedValues])
}

test('columns are shown by their names, or by their places (API reference, TestMetricFilter)', async (t) => {
  const named = '[ip, identity, user_id, timestamp, request, status_code, size]'
  assert.deepEqual(await extracted(t, named, PICTURE), [
    [
      1,
      {
        $ip: '127.0.0.1',
        $identity: '-',
        $user_id: 'frank',
        $timestamp: '10/Oct/2000:13:25:15 -0700',
        $request: 'GET /apache_pb.gif HTTP/1.0',
        $status_code: '200',
        $size: '4355',
      },
    ],
  ])
  const request = 'GET /index.html HTTP/1.0'
  assert.deepEqual(await extracted(t, '[]', PAGE), [[1, { ...ANY, $5: request, $6: '404', $7: '1534' }]])
  assert.deepEqual(await extracted(t, '[..., size]', PAGE), [
    [1, { ...ANY, $5: request, $6: '404', $size: '1534' }],
  ])
  assert.deepEqual(await extracted(t, '[..., request=*.html*, status_code=4*,]', PICTURE, PAGE), [
    [2, { ...ANY, $request: request, $status_code: '404', $7: '1534' }],
  ])
})

test('of terms and JSON conditions it is said which events match, and no more', async (t) => {
  assert.deepEqual(await extracted(t, 'ERROR', '[ERROR] 400', '[INFO] 200', '[ERROR] 500'), [
    [1, {}],
    [3, {}],
  ])
  assert.deepEqual(await extracted(t, '{ $.n > 1 }', '{"n":1}', '{"n":2}'), [[2, {}]])
  assert.deepEqual(await extracted(t, '', 'anything'), [[1, {}]])
  assert.deepEqual(await extracted(t, 'ERROR', 'fine'), [])
})

test('what is no pattern is refused', async (t) => {
  const rig = await logsRig(t)
  await assert.rejects(rig.run('TestMetricFilter', { filterPattern: '[a', logEventMessages: ['x'] }), {
    code: 'InvalidParameterException',
    message: 'Invalid filter pattern',
  })
})
