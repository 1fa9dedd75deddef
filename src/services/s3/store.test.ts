import { describeOnEveryDatabase } from '../../store/testing.ts'
import { describeS3Store } from './store.contract.ts'

describeOnEveryDatabase('S3 store', describeS3Store)
