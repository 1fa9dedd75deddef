import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { realClock } from '../../base/clock.ts'
import { findPostgres, postgresUser, type User } from './postgres-binaries.ts'

/** A PostgreSQL of this process alone, which ends when the process does. */
export interface PostgresServer {
  /** Of its one database, as a superuser: `postgres://…`. */
  readonly url: string
  stop(): Promise<void>
}

let started: Promise<PostgresServer> | undefined

/** The server of this test process, started when it is first asked for. */
export function testPostgres(): Promise<PostgresServer> {
  started ??= startPostgres()
  return started
}

/** Whether this machine has what `testPostgres` and `startPostgres` need. */
export function hasPostgres(): boolean {
  return findPostgres() !== undefined
}

/** Starts another one, over an empty cluster. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = findPostgres()
  if (bin === undefined) throw new Error('no PostgreSQL binaries on this machine')
  const user = postgresUser()
  const folder = newFolder('lambdad-pg-', user)
  const data = path.join(folder, 'data')
  run('cp', ['-a', cachedCluster(bin, user), data], user)

  const command = [path.join(bin, 'postgres'), ...SETTINGS, '-D', data, '-k', folder]
  const child = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', folder, ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    ...user,
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // Neither the process nor the pipe to it keeps this process alive.
  child.unref()
  ;(child.stdin as unknown as { unref(): void }).unref()

  const url = `postgres://lambdad@localhost/postgres?host=${encodeURIComponent(folder)}`
  await untilReady(url)
  const stop = () => {
    child.ref()
    child.stdin.end()
    return exited
  }
  return { url, stop }
}

/**
 * Ends the server when its stdin ends, which it does when the test process ends, however it ends; and
 * removes its folder.
 */
const WATCHDOG = `
  folder=$1; shift
  "$@" >"$folder/log" 2>&1 &
  cat >/dev/null
  kill -QUIT $!; wait $!; rm -rf "$folder"`

/** Nothing outlives the test: no fsync, a socket in the server's own folder, and little memory. */
const SETTINGS = [
  'listen_addresses=',
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'max_connections=200',
  'shared_buffers=32MB',
  'autovacuum=off',
  'wal_level=minimal',
  'max_wal_senders=0',
].flatMap((setting) => ['-c', setting])

/**
 * A cluster to copy, made once per machine: initdb takes a second, a copy some 30 ms. Processes that make it
 * at the same time each make their own, and the first one to rename it wins.
 */
function cachedCluster(bin: string, user: User | undefined): string {
  const name = `lambdad-test-cluster-1-${user?.uid ?? process.getuid?.()}-${bin.replaceAll(/[^a-z0-9.]+/gi, '-')}`
  const cluster = path.join(tmpdir(), name)
  if (existsSync(cluster)) return cluster
  const made = newFolder('lambdad-initdb-', user)
  const options = ['-U', 'lambdad', '-A', 'trust', '-N', '--no-locale', '-E', 'UTF8', '--wal-segsize=1']
  run(path.join(bin, 'initdb'), [...options, '-D', made], user)
  try {
    renameSync(made, cluster)
  } catch {
    rmSync(made, { recursive: true })
  }
  return cluster
}

function newFolder(prefix: string, user: User | undefined): string {
  const folder = mkdtempSync(path.join(tmpdir(), prefix))
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  return folder
}

function run(command: string, args: string[], user: User | undefined): void {
  execFileSync(command, args, { cwd: '/', stdio: 'pipe', ...user })
}

async function untilReady(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client(url)
    try {
      await client.connect()
      return await client.end()
    } catch (error) {
      // 20 s: a busy machine.
      if (attempt > 800) throw error
      await realClock.sleep(25)
    }
  }
}
