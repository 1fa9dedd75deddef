import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { findBubblewrap } from './choose.ts'
import { describeSandbox } from './sandbox.contract.ts'

const found = await findBubblewrap(mkdtempSync(`${tmpdir()}/bwrap-`))
const skip = 'why' in found ? found.why : false

describeSandbox('bubblewrap', skip)
