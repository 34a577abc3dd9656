import t from 'tap'
import type { AgentHealth, CrashReport, Message, PathResult } from '../../src/simulate/agents.js'
import { agentKinds, parseDuration, parseFault, type Fault } from '../../src/simulate/faults.js'
import { generateMessages, skewMs, type Emission } from '../../src/simulate/generate.js'
import { generateMesh, type Mesh } from '../../src/simulate/mesh.js'
import { planFaults } from '../../src/simulate/plan.js'
import { createMessageReader } from '../../src/messages/index.js'

const from = Date.parse('2026-11-01T00:00:00Z')

function plan (mesh: Mesh, ...texts: string[]): Fault[] {
  return planFaults(mesh, { wishes: texts.map((text) => parseFault(text, mesh)), random: 0, seed: mesh.seed, from, to: Infinity, kinds: agentKinds })
}

function messages (mesh: Mesh, faults: Fault[], span: string): Emission[] {
  return [...generateMessages(mesh, faults, { from, to: from + parseDuration(span), seed: mesh.seed })]
}

const isPath = (message: Message): message is PathResult => message.type === 'path_result'
const isHealth = (message: Message): message is AgentHealth => message.type === 'agent_health'
const isCrash = (message: Message): message is CrashReport => message.type === 'crash_report'

t.test('every message is one the collector takes, whole', async (t) => {
  const mesh = generateMesh({ seed: 4, nodes: 30, v1Share: 0.3, v2Share: 0.2 })
  const faults = plan(mesh, 'crash:auto@10m+30m', 'silent:auto@5m+40m', 'rf_drop:auto@5m+40m')
  const read = createMessageReader()
  const refused: { message: Message, result: unknown }[] = []
  const unknown: { message: Message, extra: unknown }[] = []
  const seen = new Set<string>()
  for (const { at, message } of messages(mesh, faults, '1h')) {
    seen.add(message.type)
    const result = read(message, { receivedAt: at * 1000, networkStatusTiming: 'unusable' })
    if (!result.ok) refused.push({ message, result })
    else for (const { values } of result.message.rows) if ('extra' in values && values.extra !== null) unknown.push({ message, extra: values.extra })
  }
  t.same(refused.slice(0, 3), [])
  t.same(unknown.slice(0, 3), [], 'no field the contract does not know')
  t.same([...seen].sort(), ['agent_health', 'crash_report', 'hop_result', 'network_status', 'path_result'])
})

t.test('agents keep their cadence', async (t) => {
  const mesh = generateMesh({ seed: 4, nodes: 20, v1Share: 0, v2Share: 0.3 })
  const sent = messages(mesh, [], '13h')
  const gaps = (times: number[]): number[] => [...new Set(times.slice(1).map((time, place) => (time - (times[place] ?? 0)) / 1000))]
  const designed = mesh.nodes.find(({ style }) => style === 'designed')
  const slow = mesh.nodes.find(({ style }) => style === 'v2')
  const healthOf = (name?: string): number[] => sent.flatMap(({ message }) => isHealth(message) && message.node === name ? [Date.parse(message.sent_at)] : [])
  t.same(gaps(healthOf(designed?.name)), [60])
  t.same(gaps(healthOf(slow?.name)), [14_400])
  const peers = (designed?.probes ?? []).map((probe) => mesh.nodes[probe]?.name)
  const windows = sent.flatMap(({ message }) => isPath(message) && message.src === designed?.name ? [message] : [])
  for (const peer of peers) t.same(gaps(windows.filter(({ dst }) => dst === peer).map(({ sent_at: at }) => Date.parse(at))), [40])
  t.equal(new Set(windows.map(({ dst }) => dst)).size, 19, 'every other node has its turn')
  t.notOk(sent.some(({ message }) => isPath(message) && message.src === slow?.name))
})

t.test('every hop of a window is told, in order', async (t) => {
  const mesh = generateMesh({ seed: 4, nodes: 20 })
  const told: string[] = []
  const expected: string[] = []
  for (const { message } of messages(mesh, [], '30m')) {
    if (isPath(message)) for (const [place, from] of message.route.slice(0, -1).entries()) expected.push(`${message.sent_at} ${message.dst} ${place + 1} ${from} ${message.route[place + 1]}`)
    if (message.type === 'hop_result') told.push(`${message.sent_at} ${message.dst} ${message.hop_index} ${message.hop.from} ${message.hop.to}`)
  }
  t.ok(told.length > 1000)
  t.ok(told.join('\n') === expected.join('\n'))
})

t.test('an agent cut off from the collector sends its queue later, oldest first', async (t) => {
  const mesh = generateMesh({ seed: 4, nodes: 60 })
  const sent = messages(mesh, [], '3h')
  const late = sent.filter(({ at, message }) => at - Date.parse(message.sent_at) > 60_000)
  t.ok(late.length > 50)
  for (const node of new Set(late.map(({ node }) => node))) {
    const times = sent.filter((emission) => emission.node === node).map(({ message }) => Date.parse(message.sent_at))
    t.same(times, times.toSorted((x, y) => x - y), 'in order, nothing overtakes')
    const delays = late.filter((emission) => emission.node === node).map(({ at, message }) => at - Date.parse(message.sent_at))
    t.ok(Math.max(...delays) <= parseDuration('9m'))
  }
})

t.test('nodes behind a silent one reach nobody and send what they kept afterwards', async (t) => {
  const mesh = generateMesh({ seed: 4, nodes: 30, v2Share: 0 })
  const leaf = mesh.nodes.find(({ index, links }) => index !== 0 && links.length === 1)
  const link = mesh.links[leaf?.links[0] ?? 0]
  const neck = link?.a === leaf?.index ? link?.b : link?.a
  const start = from + parseDuration('10m')
  const end = start + parseDuration('10m')
  const sent = messages(mesh, [{ kind: 'silent', subject: { scope: 'node', node: neck ?? 0 }, start, end }], '25m')
  const during = sent.filter(({ at }) => at >= start && at < end)
  t.notOk(during.some(({ node }) => node === neck || node === leaf?.index))
  const kept = sent.filter(({ at, node, message }) => node === leaf?.index && at >= end && Date.parse(message.sent_at) < end)
  t.ok(kept.length > 20)
  const lost = kept.flatMap(({ message }) => isPath(message) ? [message] : [])
  t.ok(lost.length > 10 && lost.every(({ metrics, route }) => metrics.loss_pct === 100 && metrics.rtt_ms_avg === null && route.length === 0))
})

t.test('a crash is reported with the restart: count up, uptime down', async (t) => {
  const mesh = generateMesh({ seed: 4, nodes: 20 })
  const faults = plan(mesh, 'crash:auto@10m+30m')
  const subject = faults[0]?.subject
  const name = subject?.scope === 'node' ? mesh.nodes[subject.node]?.name : undefined
  const own = messages(mesh, faults, '1h').map(({ message }) => message).filter((message) => 'node' in message && message.node === name)
  t.equal(own.filter(isCrash).length, 3)
  t.same(own.filter(isCrash).map(({ crash_count_24h: count }) => count), [1, 2, 3])
  const counts = own.filter(isHealth).map(({ restart_count: count, uptime_seconds: uptime }) => ({ count, uptime }))
  const rises = counts.filter(({ count, uptime }, place) => place > 0 && count > (counts[place - 1]?.count ?? 0) && uptime < (counts[place - 1]?.uptime ?? 0))
  t.equal(rises.length, 3)
})

t.test('a skewed node\'s messages are all off by the same time', async (t) => {
  const mesh = generateMesh({ seed: 4, nodes: 10 })
  const [fault] = plan(mesh, 'skew:auto@10m+10m')
  const node = fault?.subject.scope === 'node' ? fault.subject.node : -1
  const off = messages(mesh, fault === undefined ? [] : [fault], '30m').filter((emission) => emission.node === node).map(({ at, message }) => ({ at, by: at - Date.parse(message.sent_at) }))
  t.ok(off.every(({ at, by }) => by === (at >= from + parseDuration('10m') && at < from + parseDuration('20m') ? skewMs : 0)))
  t.ok(off.some(({ by }) => by === skewMs))
})
