import { randomBytes } from 'node:crypto'
import { CreateFunctionCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { zipOf } from '../test/support/zip.ts'
import type { Figure } from './figure.ts'
import { AUTHORIZATION, clientOf } from './support/functions.ts'
import { processorMs, startLambdad } from './support/processes.ts'
import { median } from './support/statistics.ts'

// What the control plane promises: lists of many functions, and large packages.

const FUNCTIONS = Number(process.env.FUNCTIONS ?? 10_000)
const LANES = 16
const PACKAGE_BYTES = 10 * 1024 * 1024
const PACKAGES = 5
const FUNCTION = {
  Runtime: 'nodejs24.x',
  Handler: 'index.handler',
  Role: 'arn:aws:iam::000000000000:role/r',
} as const

export async function controlPlane(): Promise<Figure[]> {
  const lambdad = await startLambdad()
  const client = clientOf(lambdad.port)
  const create = (name: string, zip: Buffer) =>
    client.send(
      new CreateFunctionCommand({
        ...FUNCTION,
        FunctionName: name,
        Code: { ZipFile: zip },
      }),
    )
  const api = async (path: string, init: RequestInit = {}) => {
    const url = `http://127.0.0.1:${lambdad.port}/2015-03-31/functions${path}`
    return (await fetch(url, { ...init, headers: { authorization: AUTHORIZATION } })).json() as Promise<{
      State?: string
    }>
  }
  try {
    return [await largePackages(), await pages()]
  } finally {
    client.destroy()
    await lambdad.stop()
  }

  async function largePackages(): Promise<Figure> {
    const took: number[] = []
    const before = await processorMs(lambdad.child.pid)
    for (let i = 0; i < PACKAGES; i++) {
      // Bytes that do not compress, of each package its own.
      const zip = await zipOf({
        'index.js': 'exports.handler = async () => 1',
        data: randomBytes(PACKAGE_BYTES),
      })
      const body = JSON.stringify({
        ...FUNCTION,
        FunctionName: `large-${i}`,
        Code: { ZipFile: zip.toString('base64') },
      })
      const start = performance.now()
      await api('', { method: 'POST', body })
      while ((await api(`/large-${i}/configuration`)).State !== 'Active');
      took.push(performance.now() - start)
    }
    const busy = ((await processorMs(lambdad.child.pid)) - before) / PACKAGES
    return {
      what: 'CreateFunction of a 10 MB zip, to Active, over HTTP',
      value: median(took),
      limit: { atMost: 300 },
      unit: 'ms',
      detail: `${took.map((ms) => ms.toFixed(0)).join(' ')}; ${busy.toFixed(0)} ms of lambdad's processor time each`,
    }
  }

  async function pages(): Promise<Figure> {
    const zip = await zipOf({ 'index.js': 'exports.handler = async () => 1' })
    let made = 0
    const lane = async () => {
      while (made < FUNCTIONS) await create(`small-${made++}`, zip)
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    const took: number[] = []
    let listed = 0
    for (let Marker: string | undefined; ; ) {
      const start = performance.now()
      const page = await client.send(new ListFunctionsCommand({ Marker }))
      took.push(performance.now() - start)
      listed += page.Functions?.length ?? 0
      Marker = page.NextMarker
      if (Marker === undefined) break
    }
    return {
      what: 'a page of ListFunctions with 10,000 functions, seen by the SDK',
      value: median(took),
      limit: { atMost: 20 },
      unit: 'ms',
      detail: `${listed} functions on ${took.length} pages, the slowest ${Math.max(...took).toFixed(1)} ms`,
    }
  }
}
