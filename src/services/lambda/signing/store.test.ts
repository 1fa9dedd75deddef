import { describeOnEveryDatabase } from '../../../store/testing.ts'
import { describeCodeSigningStore } from './store.contract.ts'

describeOnEveryDatabase('code signing store', describeCodeSigningStore)
