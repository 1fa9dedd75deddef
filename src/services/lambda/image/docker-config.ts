import { readFile } from 'node:fs/promises'

/**
 * What `docker login` has written for a registry, as the value of an Authorization header. Credential helpers,
 * which are programs, are not asked.
 */
export async function dockerLogin(file: string, host: string): Promise<string | undefined> {
  let auths: Readonly<Record<string, { readonly auth?: unknown }>> | undefined
  try {
    auths = JSON.parse(await readFile(file, 'utf8'))?.auths
  } catch {
    return undefined
  }
  const names = [host, `https://${host}`, `http://${host}`]
  if (host === 'docker.io') names.push('https://index.docker.io/v1/')
  const auth = names
    .map((name) => auths?.[name]?.auth)
    .find((found) => typeof found === 'string' && found !== '')
  return auth === undefined ? undefined : `Basic ${auth}`
}
