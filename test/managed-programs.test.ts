import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { compileFixtures } from '../runtimes/java/testing/compile.ts'
import { packedSdk } from './durable/sdk.ts'
import { works } from './support/commands.ts'
import { appLayer, baseLayer, noImages, testImage, writeLayout } from './support/image.ts'
import { createManaged, eventually } from './support/managed.ts'
import { platform } from './support/platform.ts'
import { zipOf } from './support/zip.ts'

// AWS Lambda Developer Guide, "Lambda Managed Instances": packages as zip files or images, durable functions, and Rust
// on the OS-only runtime, which asks for as many events as AWS_LAMBDA_MAX_CONCURRENCY says.

/** A custom runtime of several workers, each a shell that asks for events of its own. */
const WORKERS = {
  bootstrap: `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
worker() {
  while :; do
    curl -sS -D "/tmp/head$1" -o "/tmp/body$1" "$api/next" || exit 1
    id=$(sed -n 's/^lambda-runtime-aws-request-id: *//Ip' "/tmp/head$1" | tr -d '\\r')
    # Two of them have an event, or none goes on.
    touch "/tmp/busy$1"
    while [ "$(ls /tmp/busy* | wc -l)" -lt 2 ]; do sleep 0.02; done
    curl -sS -o /dev/null -X POST --data-binary "{\\"worker\\":$1,\\"event\\":$(cat "/tmp/body$1")}" "$api/$id/response"
  done
}
for i in $(seq "$AWS_LAMBDA_MAX_CONCURRENCY"); do worker "$i" & done
wait
`,
}

test('a custom runtime serves several invocations at once', {
  skip: !works('curl', '--version'),
}, async (t) => {
  const { lambda, invoke } = await platform(t)
  const ZipFile = await zipOf(WORKERS, 0o100755)
  await createManaged(lambda, 'f', 4, { Runtime: 'provided.al2023', Timeout: 20, Code: { ZipFile } })
  const answers = await Promise.all([invoke('f', 1), invoke('f', 2)])
  assert.deepEqual(answers.map(({ payload }) => payload.event).sort(), [1, 2])
  assert.notEqual(answers[0]?.payload.worker, answers[1]?.payload.worker)
})

/** On AWS from java21 on. Undefined where there is no javac. */
const JAVA = compileFixtures({
  'Shared.java': `import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
public class Shared implements RequestHandler<Map<String, Object>, Object> {
  private final AtomicInteger running = new AtomicInteger();
  public Object handleRequest(Map<String, Object> event, Context context) {
    int now = running.incrementAndGet();
    context.getLogger().log("at work");
    try {
      Thread.sleep(((Number) event.getOrDefault("ms", 0)).intValue());
    } catch (InterruptedException error) {
      throw new IllegalStateException(error);
    }
    running.decrementAndGet();
    if (event.containsKey("fail")) throw new IllegalArgumentException("no");
    return Map.of("id", context.getAwsRequestId(), "now", now, "trace", context.getXrayTraceId() != null);
  }
}`,
})

test('Java runs several invocations at once, by threads that share the handler', {
  skip: !JAVA,
}, async (t) => {
  const { lambda, logs, invoke } = await platform(t)
  const program = { Runtime: 'java17', Handler: 'Shared' } as const
  const ZipFile = await zipOf((JAVA ?? {}) as never)
  await createManaged(lambda, 'f', 4, { ...program, Timeout: 30, Code: { ZipFile } })
  const at = await Promise.all([1, 2, 3, 4].map(() => invoke('f', { ms: 500 })))
  assert.deepEqual(
    at.map(({ payload: { id, trace } }) => [id, trace]),
    at.map(({ requestId }) => [requestId, true]),
  )
  assert.equal(Math.max(...at.map(({ payload }) => payload.now)), 4)
  const failed = await eventually(() => invoke('f', { fail: true }))
  assert.deepEqual([failed.functionError, failed.payload.errorMessage], ['Unhandled', 'no'])
  await eventually(async () => {
    const filter = { logGroupName: '/aws/lambda/f', filterPattern: '"at work"' }
    const { events = [] } = await logs.send(new FilterLogEventsCommand(filter))
    assert.deepEqual(
      events.map(({ message = '' }) => JSON.parse(message).AWSRequestId).sort(),
      [...at, failed].map(({ requestId }) => requestId).sort(),
    )
  })
})

test('a container image is run, and told how many invocations it may have', { skip: noImages }, async (t) => {
  const { lambda, invoke } = await platform(t, { sandbox: 'bubblewrap' })
  const folder = mkdtempSync(path.join(tmpdir(), 'managed-image-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeLayout(folder, { latest: testImage([baseLayer(), appLayer('one')]) })
  await createManaged(lambda, 'f', 3, { PackageType: 'Image', Code: { ImageUri: `oci:${folder}` } })
  const { payload, executedVersion } = await invoke('f', { a: 1 })
  assert.equal(executedVersion, '$LATEST.PUBLISHED')
  assert.deepEqual(payload.event, { a: 1 })
  assert.equal(payload.env.AWS_LAMBDA_MAX_CONCURRENCY, '3')
  assert.equal(payload.env.AWS_LAMBDA_INITIALIZATION_TYPE, 'lambda-managed-instances')
  assert.equal((await invoke('f', 2)).payload.event, 2)
})

test('durable executions run there, several at once, and go on after a wait', async (t) => {
  const { lambda } = await platform(t)
  const code = readFileSync(path.join(import.meta.dirname, 'durable', 'fixtures', 'index.cjs'))
  await createManaged(lambda, 'f', 4, {
    Timeout: 30,
    DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 1 },
    Code: { ZipFile: await zipOf({ 'index.cjs': code, ...packedSdk() } as never) },
  })
  const run = async (event: object) => {
    const Payload = JSON.stringify(event)
    const command = { FunctionName: 'f', Qualifier: '$LATEST.PUBLISHED', Payload }
    const answer = await lambda.send(new InvokeCommand(command))
    return { ...answer, result: JSON.parse(answer.Payload?.transformToString() ?? '') }
  }
  const events = [{ workflow: 'child' }, { workflow: 'map', items: [1, 2, 3] }]
  const [child, map] = await Promise.all(events.map(run))
  assert.deepEqual([child?.result, map?.result], [3, [1, 4, 9]])
  assert.match(child?.DurableExecutionArn ?? '', /:function:f:\$LATEST\.PUBLISHED\/durable-execution\//)
})
