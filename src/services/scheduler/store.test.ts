import { describeOnEveryDatabase } from '../../store/testing.ts'
import { describeSchedulerStore } from './store.contract.ts'
import { createSchedulerStore } from './store.sql.ts'

describeOnEveryDatabase('scheduler store', (open) =>
  describeSchedulerStore(async (t) => {
    const database = await open()
    t.after(() => database.close())
    return createSchedulerStore(database)
  }),
)
