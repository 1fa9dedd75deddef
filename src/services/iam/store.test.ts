import { describeOnEveryDatabase } from '../../store/testing.ts'
import { iamStoreContract } from './store.contract.ts'

describeOnEveryDatabase('IAM store', iamStoreContract)
