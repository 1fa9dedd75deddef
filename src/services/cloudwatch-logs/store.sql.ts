import type { Database, WriteOptions } from '../../store/database.ts'
import * as blocks from './sql/blocks.ts'
import * as groups from './sql/groups.ts'
import * as streams from './sql/streams.ts'
import { type LogTables, writeTo } from './sql/tables.ts'
import type { LogStore } from './store.ts'

/** `on conflict` makes what is missing once, and the foreign key refuses blocks of a stream that has gone. */
const APPENDS: WriteOptions = { isolation: 'locks' }

/** Logs in SQLite or PostgreSQL. */
export function createLogStore(database: Database): LogStore {
  const read = database.kysely.withTables<LogTables>()
  const write = writeTo(database)
  return {
    createGroup: async (group) => (await write((trx) => groups.insertGroup(trx, group))) !== undefined,
    findGroup: (key) => groups.findGroup(read, key),
    listGroups: (list) => groups.listGroups(read, list),
    storedBytes: (groupIds) => groups.storedBytes(read, groupIds),
    changeGroup: (key, change) => write((trx) => groups.changeGroup(trx, key, change)),
    deleteGroup: (groupId) => write((trx) => groups.deleteGroup(trx, groupId)),

    createStream: async (groupId, stream) =>
      (await write((trx) => streams.insertStream(trx, groupId, stream))) !== undefined,
    findStreams: (groupId, names) => streams.findStreams(read, groupId, names),
    listStreams: (groupId, list) => streams.listStreams(read, groupId, list),
    streamNames: (streamIds) => streams.streamNames(read, streamIds),
    deleteStream: (streamId) => write((trx) => streams.deleteStream(trx, streamId)),

    append: (batches, now) => write((trx) => blocks.append(trx, batches, now), APPENDS),
    appendTo: (streamId, added, now) => write((trx) => blocks.appendTo(trx, streamId, added, now), APPENDS),
    readBlocks: (query) => blocks.readBlocks(read, query),
    removeExpired: (now) => write((trx) => blocks.removeExpired(trx, now)),
  }
}
