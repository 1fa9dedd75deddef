import { describeOnEveryDatabase } from '../../store/testing.ts'
import { describeFunctionStore } from './store.contract.ts'

describeOnEveryDatabase('function store', describeFunctionStore)
