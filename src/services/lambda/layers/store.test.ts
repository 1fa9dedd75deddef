import { describeOnEveryDatabase } from '../../../store/testing.ts'
import { describeLayerStore } from './store.contract.ts'

describeOnEveryDatabase('layer store', describeLayerStore)
