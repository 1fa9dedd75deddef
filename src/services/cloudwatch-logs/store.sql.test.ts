import { MemoryChanges } from '../../store/changes.memory.ts'
import { describeOnEveryDatabase } from '../../store/testing.ts'
import { describeLogStore } from './store.contract.ts'
import { createLogStore } from './store.sql.ts'

describeOnEveryDatabase('log store', (open) =>
  describeLogStore(async (t) => {
    const database = await open()
    t.after(() => database.close())
    return createLogStore(database, new MemoryChanges())
  }),
)
