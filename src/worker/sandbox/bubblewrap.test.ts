import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after } from 'node:test'
import { findBubblewrap } from './choose.ts'
import { describeSandbox } from './sandbox.contract.ts'

const probe = mkdtempSync(`${tmpdir()}/bwrap-`)
const found = await findBubblewrap(probe)

after(() => rmSync(probe, { recursive: true }))

describeSandbox('bubblewrap', 'why' in found ? found.why : false)
describeSandbox(
  'bubblewrap',
  'why' in found ? found.why : process.getuid?.() !== 0 && 'only root has it',
  true,
)
