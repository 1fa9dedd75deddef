import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { type Clock, realClock, VirtualClock } from '../../base/clock.ts'
import { until } from '../testing.ts'
import { Namespaces } from './namespaces.ts'
import { inside, NFT, reading, serving, skip, type TestHost, testHost } from './testing.ts'

describe('a network for each environment', { skip }, () => {
  test('the outside is reached, under the host’s address', async (t) => {
    const { host, network } = await given(t)
    await serving(t, host.outside, 8080)
    const { namespace } = await network.take()

    assert.equal(await reading(namespace, '203.0.113.1', 8080), '203.0.113.2')
  })

  test('link-local addresses, a cloud’s metadata among them, are not', async (t) => {
    const { host, network } = await given(t)
    await serving(t, host.outside, 80)
    const { namespace } = await network.take()

    assert.equal(await reading(host.namespace, '169.254.169.254', 80), '203.0.113.2')
    assert.equal(await reading(namespace, '169.254.169.254', 80), 'nothing')
  })

  test('no port of the host is reached, by whichever of its addresses', async (t) => {
    const { host, network } = await given(t)
    await serving(t, host.namespace, 8081)
    const { namespace } = await network.take()
    const linkAddress = /169\.254\.\d+\.\d+/.exec(inside(host.namespace, 'ip -4 addr'))?.[0] as string

    const seen = await Promise.all([
      reading(host.outside, '203.0.113.2', 8081),
      reading(namespace, '203.0.113.2', 8081),
      reading(namespace, linkAddress, 8081),
      reading(namespace, '127.0.0.1', 8081),
    ])
    assert.deepEqual(seen, ['203.0.113.1', 'nothing', 'nothing', 'refused'])
  })

  test('no port of another environment is reached', async (t) => {
    const { network } = await given(t)
    const [one, other] = [await network.take(), await network.take()]
    await serving(t, other.namespace, 7000)
    const address = addressIn(other.namespace)

    assert.equal(await reading(other.namespace, address, 7000), address)
    assert.equal(await reading(one.namespace, address, 7000), 'nothing')
  })

  test('a packet with another environment’s address goes nowhere', async (t) => {
    const { host, network } = await given(t)
    await serving(t, host.outside, 8080)
    const [one, other] = [await network.take(), await network.take()]
    const address = addressIn(other.namespace)
    // As root, which no environment is: the strongest that could be tried.
    inside(one.namespace, `ip addr add ${address}/32 dev lo`)
    inside(one.namespace, `ip route replace default via ${gatewayIn(one.namespace)} src ${address}`)

    assert.equal(await reading(one.namespace, '203.0.113.1', 8080), 'nothing')
  })

  test('packets with an address that is nobody’s do not get past the host', async (t) => {
    const { host, network } = await given(t)
    await serving(t, host.outside, 8080)
    const { namespace } = await network.take()
    inside(namespace, 'ip addr add 198.51.100.7/32 dev lo')
    inside(namespace, `ip route replace default via ${gatewayIn(namespace)} src 198.51.100.7`)

    assert.equal(await reading(namespace, '203.0.113.1', 8080), 'nothing')
  })

  test('IPv6 is there on the loopback only', async (t) => {
    const { namespace } = await (await given(t)).network.take()

    const addresses = inside(namespace, 'ip -6 -o addr').split('\n')
    assert.deepEqual(
      addresses.map((line) => line.split(/\s+/)[3]),
      ['::1/128'],
    )
  })

  test('lambdad’s endpoint and the Runtime API listen inside, and their connections come to the daemon', async (t) => {
    const { network, endpointed } = await given(t)
    const place = await network.take()
    place.runtimeApi.on('connection', (socket) => socket.end('runtime api'))

    assert.equal(place.endpoint, 'http://127.0.0.1:4566')
    assert.equal(await reading(place.namespace, '127.0.0.1', 9001), 'runtime api')
    assert.equal(await reading(place.namespace, '127.0.0.1', 4566), 'endpoint')
    assert.equal(endpointed.length, 1)
  })

  test('where lambdad listens on the Runtime API’s port, its endpoint inside is on another', async (t) => {
    const { network } = await given(t, 'http://127.0.0.1:9001')

    assert.equal((await network.take()).endpoint, 'http://127.0.0.1:4566')
  })

  test('the daemon reaches what listens on the loopback inside, and hears where nothing does', async (t) => {
    const { network } = await given(t)
    const place = await network.take()
    await serving(t, place.namespace, 7001)

    const socket = await place.connect(7001)
    let said = ''
    for await (const bytes of socket) said += bytes
    assert.equal(said, '127.0.0.1')
    await assert.rejects(place.connect(7002), /Connection refused/)
  })

  test('a hundred at once are a hundred, each with an address of its own', async (t) => {
    const { network } = await given(t)

    const places = await Promise.all(Array.from({ length: 100 }, () => network.take()))

    const addresses = places.map(({ namespace }) => addressIn(namespace))
    assert.equal(new Set(addresses).size, 100)
    for (const place of places) place.release()
    assert.notEqual(addressIn((await network.take()).namespace), addresses[0])
  })

  test('sixteen are made ahead, and made again when none was taken for 40 ms', async (t) => {
    const clock = new VirtualClock()
    const { network } = await given(t, undefined, undefined, clock)
    const { namespace } = await network.take()
    const made = () => inside(routerOf(namespace), 'ip -o link').match(/^\d+: e\d+/gm)?.length ?? 0
    assert.equal(made(), 1)
    await clock.advance(40)
    await until(() => network.size === 16)
    assert.equal(made(), 17)

    await network.take()
    await clock.advance(25)
    await network.take()
    await clock.advance(15)
    assert.equal(made(), 17)
    await clock.advance(40)
    await until(() => network.size === 16)
    assert.equal(made(), 19)
  })

  test('released ones are gone, with their links', async (t) => {
    const { network } = await given(t)
    const [one, other] = [await network.take(), await network.take()]
    const gateway = gatewayIn(one.namespace)
    const beside = () => inside(routerOf(other.namespace), 'ip -4 -o addr')
    assert.ok(beside().includes(`${gateway}/`))

    one.release()

    await until(() => !beside().includes(`${gateway}/`))
  })

  test('after stop nothing is left on the host, and forwarding is as it was', async (t) => {
    const { host, network } = await given(t)
    assert.match(inside(host.namespace, `${NFT} list tables; ip -o link`), /lambdad\d+/)
    assert.equal(forwarding(host), '1')

    await network.stop()

    await until(() => !/lambdad/.test(inside(host.namespace, `${NFT} list tables; ip -o link`)))
    assert.equal(forwarding(host), '0')
  })

  test('forwarding that others had asked for stays theirs', async (t) => {
    const host = await testHost(t)
    inside(host.namespace, 'echo 1 > /proc/sys/net/ipv4/ip_forward')
    const { network } = await given(t, undefined, host)
    assert.doesNotMatch(inside(host.namespace, `${NFT} list tables`), /lambdad-forward/)
    await network.stop()

    assert.equal(forwarding(host), '1')
  })

  test('what a helper that was killed left behind is removed by the next', async (t) => {
    const { host, network } = await given(t)
    const [table] = tablesOf(host)
    const place = await network.take()
    process.kill(helperOf(place.namespace), 'SIGKILL')
    await until(() => !/lambdad\d/.test(inside(host.namespace, 'ip -o link')))
    assert.deepEqual(tablesOf(host), [table])

    // It is started again with the next environment.
    const { namespace } = await network.take()

    await until(() => tablesOf(host).length === 1)
    await serving(t, host.outside, 8080)
    assert.equal(await reading(namespace, '203.0.113.1', 8080), '203.0.113.2')
  })

  test('two daemons on one host do not get in each other’s way', async (t) => {
    const { host, network } = await given(t)
    const second = (await given(t, undefined, host)).network
    await serving(t, host.outside, 8080)
    const [one, other] = [await network.take(), await second.take()]
    await serving(t, other.namespace, 7000)

    assert.equal(await reading(one.namespace, '203.0.113.1', 8080), '203.0.113.2')
    assert.equal(await reading(other.namespace, '203.0.113.1', 8080), '203.0.113.2')
    assert.equal(await reading(one.namespace, addressIn(other.namespace), 7000), 'refused')
    await network.stop()
    assert.equal(await reading(other.namespace, '203.0.113.1', 8080), '203.0.113.2')
  })

  test('a helper that cannot start says what the machine refused', async (t) => {
    const host = await testHost(t)

    await assert.rejects(given(t, undefined, { ...host, perl: '/bin/false' }), /network helper: it ended/)
  })
})

async function given(
  t: TestContext,
  endpoint = 'http://127.0.0.1:4566',
  known?: TestHost,
  clock: Clock = realClock,
) {
  const host = known ?? (await testHost(t))
  const endpointed: Socket[] = []
  const network = await Namespaces.start({
    clock,
    programs: { perl: host.perl, nft: NFT },
    endpoint: () => endpoint,
    toEndpoint: (socket) => {
      endpointed.push(socket)
      socket.end('endpoint')
    },
    report: () => {},
  })
  t.after(() => network.stop())
  return { host, network, endpointed }
}

function addressIn(namespace: string): string {
  return /inet ([\d.]+)/.exec(inside(namespace, 'ip -4 -o addr show dev eth0'))?.[1] as string
}

function gatewayIn(namespace: string): string {
  return /via ([\d.]+)/.exec(inside(namespace, 'ip route'))?.[1] as string
}

function forwarding({ namespace }: TestHost): string {
  return inside(namespace, 'cat /proc/sys/net/ipv4/ip_forward')
}

function tablesOf({ namespace }: TestHost): string[] {
  return inside(namespace, `${NFT} list tables`).match(/lambdad\d+/g) ?? []
}

function helperOf(namespace: string): number {
  return Number(/\d+/.exec(namespace)?.[0])
}

function routerOf(namespace: string): string {
  return `/proc/${helperOf(namespace)}/ns/net`
}
