import t from 'tap'
import { parseRanges } from '../../../src/aredn/ranges.js'
import { defaultLimits, readNode } from '../../../src/aredn/read-node.js'
import type { Oddity } from '../../../src/simulate/aredn/odd.js'
import { serveMesh } from '../../../src/simulate/aredn/serve.js'
import { makeWorld, startArednMesh } from '../../support/aredn-mesh.js'

const from = Date.now()

async function ask (address: string, port: number, wholeMs = 30_000) {
  return await readNode(address, 'lqm=1&link_info=1&nodes=1', {
    ranges: parseRanges(['127.0.0.0/8']), resolve: async () => [address], port, userAgent: 'meshmon/test', limits: { ...defaultLimits, wholeMs },
  })
}

t.test('every node answers at its own address, the old ones at the old path', async (t) => {
  const world = makeWorld({ nodes: 12, oldShare: 0.5, from })
  const { port, address, names, asked, mostAtOnce } = await startArednMesh(t, world)
  t.equal(address, '127.47.0.1')
  for (const { index } of world.mesh.nodes) {
    const outcome = await ask(world.addressOf(index, from), port)
    t.match(outcome, { ok: true, requests: world.isOld(index) ? 2 : 1, sysinfo: { node: names[index], api_version: world.isOld(index) ? '1.13' : '2.0', nodes: world.list(from) } })
  }
  t.equal(mostAtOnce(), 1)
  t.match(asked[0], { name: names[0], url: '/a/sysinfo?lqm=1&link_info=1&nodes=1', agent: 'meshmon/test' })
  const young = world.mesh.nodes.find(({ index }) => !world.isOld(index))!.index
  const moved = await fetch(`http://${world.addressOf(young, from)}:${port}/cgi-bin/sysinfo.json?lqm=1`, { redirect: 'manual' })
  t.match({ status: moved.status, location: moved.headers.get('location') }, { status: 307, location: '/a/sysinfo?lqm=1' })
  const bare = await (await fetch(`http://${world.addressOf(young, from)}:${port}/a/sysinfo`)).json() as object
  t.notOk('lqm' in bare || 'nodes' in bare || 'link_info' in bare, 'sections come when they are asked for')
})

t.test('odd nodes fail in the way they are named after', async (t) => {
  const failures = { cut_off: 'cut_off', endless: 'too_large', html: 'not_sysinfo', redirect: 'redirect', silent: 'timeout' } as const
  const world = makeWorld({ nodes: 12, odd: [...Object.keys(failures) as Oddity[], 'renumbered'], from: from - 600_000 })
  const { port } = await startArednMesh(t, world)
  for (const { node, oddity } of world.odd.values()) {
    const outcome = await ask(world.addressOf(node, Date.now()), port, oddity === 'silent' ? 300 : 30_000)
    if (oddity !== 'renumbered') t.match(outcome, { ok: false, failure: failures[oddity as keyof typeof failures] }, oddity)
    else t.match([outcome, await ask(world.addressesOf(node)[0] ?? '', port)], [{ ok: true }, { ok: false, failure: 'unreachable' }], 'nobody is at the old address')
  }
})

t.test('a slow node answers in the end', async (t) => {
  const world = makeWorld({ nodes: 3, odd: ['slow'], from })
  const { port } = await startArednMesh(t, world)
  const [slow = 0] = world.odd.keys()
  t.match(await ask(world.addressOf(slow, from), port, 500), { ok: false, failure: 'timeout' })
  t.match(await ask(world.addressOf(slow, from), port, 120_000), { ok: true })
})

t.test('a node that is off closes the connection; a port that is taken is told', async (t) => {
  const world = makeWorld({ nodes: 12, faults: ['silent:auto@0s+1h'], from: from - 1000 })
  const { port } = await startArednMesh(t, world)
  const off = world.mesh.nodes.find(({ index }) => !world.isReachable(index, Date.now()))!.index
  t.match(await ask(world.addressOf(off, from), port), { ok: false, failure: 'unreachable' })
  await t.rejects(serveMesh(world, { port, now: Date.now }), { code: 'EADDRINUSE' })
})
