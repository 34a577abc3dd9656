import t from 'tap'
import { createMessageReader } from '../../../src/messages/index.js'
import { answerOf } from '../../../src/simulate/aredn/answer.js'
import { historyOf } from '../../../src/simulate/aredn/history.js'
import { locatorOf } from '../../../src/simulate/aredn/locator.js'
import { oddityNames } from '../../../src/simulate/aredn/odd.js'
import type { ArednWorld } from '../../../src/simulate/aredn/world.js'
import { makeWorld } from '../../support/aredn-mesh.js'

const from = Date.UTC(2026, 5, 1)
const minuteMs = 60_000
const all = new Set(['lqm', 'link_info', 'nodes', 'hosts'])
const read = createMessageReader()
const context = { receivedAt: from * 1000, networkStatusTiming: 'unusable' as const }

interface Answer { node: string, lqm?: { info: { now: number, trackers: Record<string, Record<string, unknown>> } }, sysinfo: { uptime: string, loads: number[] } }

const ask = (world: ArednWorld, node: number, at: number) => answerOf(world, node, at, all) as unknown as Answer
const rowsOf = (sysinfo: object) => {
  const result = read({ schema: 'meshmon.v1', type: 'aredn_sysinfo', node: (sysinfo as Answer).node, sent_at: new Date(from).toISOString(), sysinfo }, context)
  return result.ok ? result.message.rows : []
}
const hopsOf = (sysinfo: object) => rowsOf(sysinfo).flatMap((row) => row.table === 'hop_quality' ? [row.values] : [])

t.test('both generations of firmware are read, and give one row for each link', async (t) => {
  const world = makeWorld({ nodes: 60, oldShare: 0.5, from })
  const generations = new Set<string>()
  for (const { index, links, name } of world.mesh.nodes) {
    const answer = answerOf(world, index, from, all)
    generations.add(String(answer['api_version']))
    const hops = hopsOf(answer)
    t.equal(hops.length, links.length, `${name}: ${world.isOld(index) ? 'old' : 'new'}`)
    t.ok(hops.every(({ lq, nlq, etx }) => lq !== null && nlq !== null && etx !== null))
    const health = rowsOf(answer).flatMap((row) => row.table === 'agent_health' ? [row.values] : [])
    t.match(health, [{ neighbors_seen: links.length, uptime_seconds: Number, load1: Number, hardware_model: String, lat: Number }])
  }
  t.same([...generations].sort(), ['1.13', '2.0'])
})

t.test('both ends of a link say the same of it', async (t) => {
  const world = makeWorld({ nodes: 20, from })
  for (const { a, b, medium } of world.mesh.links) {
    const [one, other] = [[a, b], [b, a]].map(([at = 0, of = 0]) => hopsOf(ask(world, at, from)).find(({ to_node: to, link_type: type }) => to === world.nameOf(of, from).toLowerCase() && type === medium))
    t.match(one, { lq: other?.nlq, nlq: other?.lq })
  }
})

t.test('the same seed says the same, another seed or half a minute later something else', async (t) => {
  const say = (seed: number, at = from) => JSON.stringify(ask(makeWorld({ nodes: 10, seed, from }), 0, at))
  t.equal(say(1), say(1))
  t.not(say(1), say(2))
  t.not(say(1), say(1, from + 30_000))
  t.equal(say(1), say(1, from + 29_000), 'LQM looks every 30 s')
})

t.test('a degraded link falls below the limit of its rule at both ends, and recovers', async (t) => {
  const world = makeWorld({ nodes: 20, faults: ['rf_drop:auto@10m+10m'], from })
  const [fault] = world.faults
  const link = world.mesh.links.find(({ index }) => fault?.subject.scope === 'link' && index === fault.subject.link)!
  const lq = (at: number) => [link.a, link.b].map((node) => hopsOf(ask(world, node, at)).find(({ to_node: to }) => to === world.nameOf(node === link.a ? link.b : link.a, at).toLowerCase())?.lq ?? 0)
  t.ok(lq(from + 9 * minuteMs).every((share) => share > 0.75))
  t.ok(lq(from + 11 * minuteMs).every((share) => share < 0.7))
  t.ok(lq(from + 21 * minuteMs).every((share) => share > 0.75))
})

t.test('a link that is down has no cost and no routes; a node that is off does not answer, and starts anew', async (t) => {
  const world = makeWorld({ nodes: 20, faults: ['link_down:auto@10m+10m', 'silent:auto@40m+10m', 'overload:auto@60m+10m'], from })
  const [down, silent, busy] = world.faults.map(({ subject }) => subject)
  const link = world.mesh.links.find(({ index }) => down?.scope === 'link' && index === down.link)!
  const tracker = (at: number) => Object.values(ask(world, link.a, at).lqm?.info.trackers ?? {}).find(({ hostname }) => hostname === world.nameOf(link.b, at).toLowerCase())
  const off = silent?.scope === 'node' ? silent.node : -1
  const loaded = busy?.scope === 'node' ? busy.node : -1
  t.match(tracker(from + 9 * minuteMs), { routable: true })
  t.match(tracker(from + 12 * minuteMs), { routable: false, lq: 0, txcost: 65_535 })
  t.equal(ask(world, link.a, from + 12 * minuteMs).lqm!.info.now - Number(tracker(from + 12 * minuteMs)?.['lastseen']), 120)
  t.ok(world.isReachable(off, from + 39 * minuteMs))
  t.notOk(world.isReachable(off, from + 41 * minuteMs))
  t.ok(world.isReachable(off, from + 51 * minuteMs))
  t.match(ask(world, off, from + 51 * minuteMs).sysinfo.uptime, '0 days, 0:01')
  t.ok(ask(world, loaded, from + 61 * minuteMs).sysinfo.loads[0]! > 3)
  t.ok(ask(world, loaded, from + 71 * minuteMs).sysinfo.loads[0]! < 2)
  t.match(world.truth(from + 72 * minuteMs), {
    from: '2026-06-01T00:00:00.000Z', to: '2026-06-01T01:12:00.000Z',
    faults: [{ kind: 'link_down', rule: 'link_down', scope: 'link', subject: /--/, start: '2026-06-01T00:10:00.000Z' }, { kind: 'silent', rule: 'node_silent' }, { rule: 'node_overload' }],
  })
})

t.test('a node behind one that is off cannot be reached either', async (t) => {
  const plain = makeWorld({ nodes: 20, from })
  const leaf = plain.mesh.nodes.find(({ links }) => links.length === 1)!
  const link = plain.mesh.links[leaf.links[0]!]!
  const world = makeWorld({ nodes: 20, from, faults: [`link_down:${plain.nameOf(link.a, from)}--${plain.nameOf(link.b, from)}${link.medium === 'rf' ? '' : `@${link.medium}`}@1m+1m`] })
  t.ok(world.isReachable(leaf.index, from))
  t.notOk(world.isReachable(leaf.index, from + minuteMs))
})

t.test('odd nodes: one of each kind, none of them the first or of a fault; some get another name or address', async (t) => {
  const world = makeWorld({ nodes: 30, from, odd: oddityNames, faults: ['silent:auto@1m+1m'] })
  t.same([...world.odd.values()].map(({ oddity }) => oddity).sort(), [...oddityNames].sort())
  t.notOk(world.odd.has(world.mesh.collector))
  const [silent] = world.faults
  t.notOk(silent?.subject.scope === 'node' && world.odd.has(silent.subject.node))
  const find = (oddity: string) => [...world.odd.values()].find((one) => one.oddity === oddity)!
  const renamed = find('renamed')
  t.equal(world.nameOf(renamed.node, renamed.at), `${world.nameOf(renamed.node, renamed.at - 1)}-NEW`)
  const moved = find('renumbered')
  const [before = '', after = ''] = world.addressesOf(moved.node)
  t.match([before, after], [/^127\.47\./, /^127\.48\./])
  t.same([world.nodeAt(before, moved.at - 1), world.nodeAt(after, moved.at - 1)], [moved.node, undefined])
  t.same([world.nodeAt(before, moved.at), world.nodeAt(after, moved.at)], [undefined, moved.node])
  t.same(world.list(moved.at).filter(({ ip }) => ip === after).length, 1)
})

t.test('a history is what a worker would have sent: each node that can be read once in a step, in order of time', async (t) => {
  const world = makeWorld({ nodes: 12, from: from - 60 * minuteMs, odd: ['html', 'silent', 'slow'], faults: ['silent:auto@0s+20m'] })
  const span = { from: from - 60 * minuteMs, to: from, stepMs: 5 * minuteMs, seed: 5 }
  const messages = [...historyOf(world, span)]
  t.equal(messages.length, 9 * 12 + 8)
  t.ok(messages.every(({ at }, i) => i === 0 || at >= messages[i - 1]!.at))
  t.ok(messages.every(({ message }) => read(message, context).ok))
  t.same(messages, [...historyOf(makeWorld({ nodes: 12, from: from - 60 * minuteMs, odd: ['html', 'silent', 'slow'], faults: ['silent:auto@0s+20m'] }), span)])
})

t.test('locators', async (t) => {
  t.equal(locatorOf(47.3769, 8.5417), 'JN47gj')
  t.equal(locatorOf(-33.8651, 151.2099), 'QF56od')
})
