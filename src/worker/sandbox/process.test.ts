import { describeSandbox } from './sandbox.contract.ts'

describeSandbox('process', process.platform === 'linux' ? false : 'its tests look into /proc')
