import { describeOnEveryDatabase } from '../../../store/testing.ts'
import { describeMappingStore } from './store.contract.ts'

describeOnEveryDatabase('mapping store', describeMappingStore)
