import type { Readable } from 'node:stream'
import type { FrontDoor } from '../front-door.ts'
import { json } from './json.ts'

/** What the room that keeps code says to a link. */
export type CodeAnswer =
  | { readonly status: 200; readonly blob: { readonly size: number; readonly stream: Readable } }
  | { readonly status: 403 | 404; readonly message: string }

/** `GET /_lambdad/code/…`: the deployment package that GetFunction's `Code.Location` links to. */
export function codeDoor(answerTo: (target: string) => Promise<CodeAnswer>): FrontDoor {
  return {
    matches: ({ path }) => path.startsWith('/_lambdad/code/'),
    handle: async ({ path, search }) => {
      const answer = await answerTo(`${path}?${search}`)
      if (answer.status !== 200) return json(answer.status, { message: answer.message })
      const headers = { 'content-type': 'application/zip', 'content-length': `${answer.blob.size}` }
      return { status: 200, headers, body: answer.blob.stream }
    },
  }
}
