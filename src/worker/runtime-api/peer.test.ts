import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userIn } from './peer.ts'

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9C4B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20482 1 0000 100 0 0 10 0
   1: 0100007F:D903 0100007F:9C4B 01 00000000:00000000 00:00000000 00000000 2000000007        0 20490 1 0000 20 4 30 10 -1
   2: 0100007F:9C4B 0100007F:D903 01 00000000:00000000 00:00000000 00000000     0        0 20491 1 0000 20 4 30 10 -1
`
const TCP6 = `   5: 0000000000000000FFFF00000100007F:D904 0000000000000000FFFF00000100007F:9C4B 01 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 20 4 30 10 -1
`

test('the peer’s user is that of the socket at the other end', () => {
  assert.equal(userIn(TCP, 0xd903, 0x9c4b), 2_000_000_007)
})

test('a program that speaks IPv4 through IPv6 is found in the other table', () => {
  assert.equal(userIn(TCP6, 0xd904, 0x9c4b), 1000)
})

test('a connection that is not there has no user', () => {
  assert.equal(userIn(TCP, 0xd905, 0x9c4b), undefined)
  assert.equal(userIn('', 1, 2), undefined)
})
