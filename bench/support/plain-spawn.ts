import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startApi } from '../../runtimes/testing/runtime-api.ts'

/**
 * Milliseconds from spawning a runtime's own bootstrap, without any sandbox, to its first `GET next`: what a
 * cold start cannot be faster than.
 */
export async function timedPlainSpawn(
  argv: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lambdad-bench-'))
  const task = path.join(folder, 'task')
  await mkdir(task)
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(task, name), text)
  const api = await startApi(folder)
  const [binary = '', ...args] = argv
  const begun = performance.now()
  const child = spawn(binary, args, {
    cwd: task,
    env: { ...ENVIRONMENT, ...api.env, _HANDLER: 'index.handler', LAMBDA_TASK_ROOT: task },
    stdio: 'ignore',
  })
  try {
    await api.ready
    return performance.now() - begun
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    await api.close()
    await rm(folder, { recursive: true })
  }
}

const ENVIRONMENT = {
  AWS_LAMBDA_FUNCTION_NAME: 'echo',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/echo',
  AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
  AWS_REGION: 'us-east-1',
  PATH: '/usr/bin:/bin',
}
