import { describeOnEveryDatabase } from '../../store/testing.ts'
import { describePipesStore } from './store.contract.ts'
import { createPipesStore } from './store.sql.ts'

describeOnEveryDatabase('pipes store', (open) =>
  describePipesStore(async (t) => {
    const database = await open()
    t.after(() => database.close())
    return createPipesStore(database)
  }),
)
