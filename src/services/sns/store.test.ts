import { describeOnEveryDatabase } from '../../store/testing.ts'
import { describeSnsStore } from './store.contract.ts'
import { createSnsStore } from './store.sql.ts'

describeOnEveryDatabase('SNS store', (open) =>
  describeSnsStore(async (t) => {
    const database = await open()
    t.after(() => database.close())
    return createSnsStore(database)
  }),
)
