import { describeOnEveryDatabase } from '../../store/testing.ts'
import { asyncQueueStoreContract } from './store.contract.ts'

describeOnEveryDatabase('the store of asynchronous invocations', asyncQueueStoreContract)
