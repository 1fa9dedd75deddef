import type { WebAccess } from '../../aws/web-access.ts'
import { answerPreflight, corsForbidden, corsHeaders } from './cors.ts'
import type { S3Deps } from './deps.ts'
import { postObject } from './post-object.ts'

/** What web pages are answered: by the bucket's CORS rules, which come before anybody is authenticated. */
export function createWebAccess(deps: S3Deps): WebAccess {
  const { store } = deps
  return {
    preflight: async (request) => {
      const bucket = request.bucket === '' ? undefined : await store.bucket(request.bucket)
      const hasOrigin = request.headers.origin !== undefined
      if (bucket === undefined && hasOrigin) throw corsForbidden('Bucket not found')
      return answerPreflight(bucket?.cors, request)
    },
    corsHeaders: async (request) => {
      const bucket = request.bucket === '' ? undefined : await store.bucket(request.bucket)
      return corsHeaders(bucket?.cors ?? [], request) ?? {}
    },
    postForm: (form, call) => postObject(deps, form, call),
  }
}
