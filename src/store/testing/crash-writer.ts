// Writes rows and blobs until it is killed, and says on stdout what the store has acknowledged.
import { writeSync } from 'node:fs'
import { sql } from 'kysely'
import { realClock } from '../../base/clock.ts'
import { realRandom } from '../../base/random.ts'
import { openStores } from '../stores.ts'

const [data = '', round = ''] = process.argv.slice(2)
const stores = await openStores(
  { data, memory: false, database: '' },
  { clock: realClock, random: realRandom, programVersion: 'crash', say: () => {} },
)

/** Two rows in one write, so that a half one would show. */
async function writeRows(lane: number): Promise<void> {
  for (let count = 0; ; count++) {
    const id = `${round}-${lane}-${count}`
    await stores.database.write(async (transaction) => {
      await sql`insert into store_settings values (${`left ${id}`}, ${'x'.repeat(count % 3000)})`.execute(
        transaction,
      )
      await sql`insert into store_settings values (${`right ${id}`}, '')`.execute(transaction)
    })
    writeSync(1, `row ${id}\n`)
  }
}

async function writeBlobs(): Promise<void> {
  for (let count = 0; ; count++) {
    const { sha256 } = await stores.blobs.put(realRandom.bytes(1 + (count % 7) * 20_000))
    writeSync(1, `blob ${sha256}\n`)
  }
}

writeSync(1, 'ready\n')
await Promise.all([...Array(8).keys()].map(writeRows).concat(writeBlobs(), writeBlobs()))
