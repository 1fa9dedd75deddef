import type { Changes } from '../../store/changes.ts'
import type { Database, WriteOptions } from '../../store/database.ts'
import * as blocks from './sql/blocks.ts'
import * as groups from './sql/groups.ts'
import * as policies from './sql/resource-policies.ts'
import * as streams from './sql/streams.ts'
import * as subscriptions from './sql/subscriptions.ts'
import { type LogTables, writeTo } from './sql/tables.ts'
import type { LogStore } from './store.ts'

/** `on conflict` makes what is missing once, and the foreign key refuses blocks of a stream that has gone. */
const APPENDS: WriteOptions = { isolation: 'locks' }

/** Logs in SQLite or PostgreSQL. */
export function createLogStore(database: Database, changes: Changes): LogStore {
  const read = database.kysely.withTables<LogTables>()
  const write = writeTo(database)
  return {
    createGroup: async (group) => (await write((trx) => groups.insertGroup(trx, group))) !== undefined,
    findGroup: (key) => groups.findGroup(read, key),
    listGroups: (list) => groups.listGroups(read, list),
    storedBytes: (groupIds) => groups.storedBytes(read, groupIds),
    changeGroup: (key, change) => write((trx) => groups.changeGroup(trx, key, change)),
    deleteGroup: (group) =>
      write(async (trx, plain) => {
        await groups.deleteGroup(trx, group.id)
        await subscriptions.tellChanged(changes, group, plain)
      }),

    createStream: async (groupId, stream) =>
      (await write((trx) => streams.insertStream(trx, groupId, stream))) !== undefined,
    findStreams: (groupId, names) => streams.findStreams(read, groupId, names),
    listStreams: (groupId, list) => streams.listStreams(read, groupId, list),
    streamNames: (streamIds) => streams.streamNames(read, streamIds),
    deleteStream: (streamId) => write((trx) => streams.deleteStream(trx, streamId)),

    append: (batches, now) => write((trx, plain) => blocks.append(trx, plain, batches, now), APPENDS),
    appendTo: (streamId, added, now) =>
      write((trx, plain) => blocks.appendTo(trx, plain, streamId, added, now), APPENDS),
    readBlocks: (query) => blocks.readBlocks(read, query),
    findBlocks: (ids) => blocks.findBlocks(read, ids),
    removeExpired: (now) => write((trx) => blocks.removeExpired(trx, now)),

    subscriptionsOf: (group) => subscriptions.subscriptionsOf(read, group),
    putSubscription: (group, subscription, max) =>
      write(async (trx, plain) => {
        const outcome = await subscriptions.putSubscription(trx, group, subscription, max)
        if (outcome === 'put') await subscriptions.tellChanged(changes, group, plain)
        return outcome
      }),
    deleteSubscription: (group, name) =>
      write(async (trx, plain) => {
        const wasThere = await subscriptions.deleteSubscription(trx, group, name)
        if (wasThere) await subscriptions.tellChanged(changes, group, plain)
        return wasThere
      }),

    resourcePolicies: (scope) => policies.resourcePolicies(read, scope),
    putResourcePolicy: (scope, policy, max) =>
      write((trx) => policies.putResourcePolicy(trx, scope, policy, max)),
    deleteResourcePolicy: (scope, name) => write((trx) => policies.deleteResourcePolicy(trx, scope, name)),
  }
}
