import { describeOnEveryDatabase } from '../../../store/testing.ts'
import { describeCapacityStore } from './store.contract.ts'

describeOnEveryDatabase('capacity store', describeCapacityStore)
