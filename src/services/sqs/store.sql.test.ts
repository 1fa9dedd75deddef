import { MemoryChanges } from '../../store/changes.memory.ts'
import { describeOnEveryDatabase } from '../../store/testing.ts'
import { describeSqsStore } from './store.contract.ts'
import { createSqsStore } from './store.sql.ts'

describeOnEveryDatabase('SQS store', (open) =>
  describeSqsStore(async (t) => {
    const database = await open()
    t.after(() => database.close())
    return createSqsStore(database, new MemoryChanges())
  }),
)
