import { describeOnEveryDatabase } from '../../store/testing.ts'
import { describeEventBridgeStore } from './store.contract.ts'
import { createEventBridgeStore } from './store.sql.ts'

describeOnEveryDatabase('EventBridge store', (open) =>
  describeEventBridgeStore(async (t) => {
    const database = await open()
    t.after(() => database.close())
    return createEventBridgeStore(database)
  }),
)
