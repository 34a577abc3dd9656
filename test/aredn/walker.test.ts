import t from 'tap'
import type { NodesFile, SavedNode } from '../../src/aredn/nodes-file.js'
import { parseRanges } from '../../src/aredn/ranges.js'
import type { PageOutcome, ReadOutcome } from '../../src/aredn/read-node.js'
import { Walker, type WalkerOptions } from '../../src/aredn/walker.js'
import { VirtualClock, virtualStart } from '../support/virtual-clock.js'

const stepMs = 300_000
const log = { info: () => {}, warn: () => {}, debug: () => {} }

interface Reading { host: string, address: string | null, atMs: number, flags: string }
type Sysinfo = Record<string, unknown>

const noPage = async (): Promise<PageOutcome> => ({ ok: false, address: null, bytes: 0, requests: 0, failure: 'status', detail: 'status 404' })

/** In place of a file. */
const remember = (nodes: readonly SavedNode[] = []): NodesFile & { nodes: () => readonly SavedNode[] } => ({ read: () => [...nodes], save: (now) => { nodes = now }, nodes: () => nodes })

interface MeshOptions extends Partial<WalkerOptions> {
  /** What a node answers, or null for silence. */
  answer: (host: string, asksList: boolean, address: string | null) => Sysinfo | null
  /** How long a silent one is waited for. */
  silentMs?: number
}

/** A walker whose readings take half a second of a virtual clock each, five without an answer. */
function walkMesh ({ answer, silentMs = 5000, ...options }: MeshOptions) {
  const clock = options.clock instanceof VirtualClock ? options.clock : new VirtualClock()
  const readings: Reading[] = []
  const messages: { node: string, sysinfo: Sysinfo }[] = []
  let open = 0
  const most = { open: 0 }
  const walker = new Walker({
    seeds: ['localnode.local.mesh'], stepMs, concurrency: 4, rate: 10, ranges: parseRanges(['10.0.0.0/8']), include: [], exclude: [], mostNodes: 10_000, clock, log, memory: remember(), pushers: async () => [], readPage: noPage,
    async read ({ host, address }, flags, signal): Promise<ReadOutcome> {
      readings.push({ host, address, flags, atMs: clock.monotonicMs() })
      most.open = Math.max(most.open, ++open)
      const sysinfo = answer(host, flags.includes('nodes=1'), address)
      await clock.wait(sysinfo === null ? silentMs : 500, signal).catch(() => {})
      open--
      return sysinfo === null
        ? { ok: false, address, bytes: 60, requests: 1, failure: 'timeout', detail: 'no connection within 5 s' }
        : { ok: true, address: address ?? '10.0.0.1', bytes: 2000, requests: 1, sysinfo }
    },
    report: async (message) => { messages.push(message as { node: string, sysinfo: Sysinfo }) },
    ...options,
  })
  /** Walks for so long. */
  const run = async (ms: number) => {
    const stop = new AbortController()
    const running = walker.run(stop.signal)
    await clock.run(ms)
    stop.abort(new Error('the end'))
    await clock.until(running)
    return walker.figures()
  }
  const timesOf = (host: string) => readings.filter((reading) => reading.host === host).map(({ atMs }) => atMs)
  return { clock, readings, messages, most, run, timesOf }
}

const address = (i: number) => `10.1.${i >> 8}.${i & 255}`
const entry = (i: number) => ({ name: `N${i}`, ip: address(i) })
/** Nodes N1 ..., of which the seed is the first. */
const answerOf = (count: number) => (host: string, asksList: boolean): Sysinfo => ({
  api_version: '2.0', node: host === 'localnode.local.mesh' ? 'N1' : host.split('.')[0]!.toUpperCase(), node_details: {},
  ...(asksList && { nodes: Array.from({ length: count }, (_, i) => entry(i + 1)) }),
})

t.test('one seed finds the mesh; every node is read once in each step, a list is asked for rarely', async (t) => {
  const { readings, messages, most, run, timesOf, clock } = walkMesh({ answer: answerOf(30) })
  const figures = await run(9.9 * stepMs)
  t.match(figures, { known: 30, reachable: 30, unreported: 0, requests: messages.length, bytes: 2000 * messages.length, outcomes: { answered: messages.length } })
  t.ok(messages.length >= 290 && messages.length <= readings.length)
  t.equal(new Set(messages.map(({ node }) => node)).size, 30)
  t.match(messages[0], { schema: 'meshmon.v1', type: 'aredn_sysinfo', node: 'N1', sysinfo: { api_version: '2.0' } })
  t.ok(messages.every(({ sysinfo }) => !('nodes' in sysinfo)), 'the list is not sent on')
  t.equal(readings[0]!.atMs, 0, 'the seed is asked at once')
  const gaps = [...new Set(readings.map(({ host }) => host))].flatMap((host) => timesOf(host).slice(1).map((ms, i) => ms - timesOf(host)[i]!))
  t.ok(gaps.every((gap) => gap > stepMs - 5000 && gap < stepMs + 5000), `between ${Math.min(...gaps)} and ${Math.max(...gaps)} ms`)
  t.ok(timesOf('n2.local.mesh').length >= 9)
  t.same(timesOf('n1.local.mesh'), [], 'the seed is known by its own name, and not read under both')
  const lists = readings.filter(({ flags }) => flags.includes('nodes=1'))
  t.same([...new Set(lists.map(({ host }) => host))], ['localnode.local.mesh'])
  t.equal(lists.length, 4)
  t.ok(most.open <= 4)
  t.equal(clock.waiting, 0)
})

t.test('two seeds that are one node are read as one', async (t) => {
  const { timesOf, run, messages } = walkMesh({ seeds: ['localnode.local.mesh', 'n1'], answer: answerOf(3) })
  t.match(await run(4.5 * stepMs), { known: 3, outcomes: { other_name: 1 } })
  t.ok(messages.filter(({ node }) => node === 'N1').length <= 6)
  t.equal(timesOf('localnode.local.mesh').length + timesOf('n1').length, messages.filter(({ node }) => node === 'N1').length + 1)
})

t.test('a dead third of 1,000 nodes does not delay the rest by more than a step', async (t) => {
  const all = answerOf(1000)
  const isDead = (host: string) => Number(/^n(\d+)\./.exec(host)?.[1] ?? 1) % 3 === 0
  const { readings, run } = walkMesh({ answer: (host, asksList) => isDead(host) ? null : all(host, asksList) })
  const figures = await run(6 * stepMs)
  t.match(figures, { known: 1000, reachable: 667 })
  const times = new Map<string, number[]>()
  for (const { host, atMs } of readings) times.set(host, [...times.get(host) ?? [], atMs])
  const alive = [...times].filter(([host]) => !isDead(host)).map(([, ms]) => ms)
  const first = Math.max(...alive.map(([ms]) => ms!))
  t.ok(first <= 2 * stepMs, `the last was read first after ${first} ms`)
  const gaps = alive.flatMap((ms) => ms.slice(1).map((at, i) => at - ms[i]!))
  t.ok(Math.max(...gaps) <= 2 * stepMs, `never ${Math.max(...gaps)} ms apart`)
  t.ok(alive.every((ms) => ms.length >= 4))
  t.ok([...times].filter(([host]) => isDead(host)).every(([, ms]) => ms.length >= 1 && ms.length <= 4), 'the dead are asked ever more rarely')
})

t.test('a third that falls silent while the mesh is read, 20 s each time, does not delay the rest by more than a step', async (t) => {
  const all = answerOf(1000)
  const clock = new VirtualClock()
  const isDead = (host: string) => clock.monotonicMs() > 2 * stepMs && Number(/^n(\d+)\./.exec(host)?.[1] ?? 1) % 3 === 0
  const { readings, run, most } = walkMesh({ clock, silentMs: 20_000, answer: (host, asksList) => isDead(host) ? null : all(host, asksList) })
  const figures = await run(7 * stepMs)
  t.match(figures, { known: 1000, reachable: 667 })
  const times = new Map<string, number[]>()
  for (const { host, atMs } of readings) times.set(host, [...times.get(host) ?? [], atMs])
  const alive = [...times].filter(([host]) => !isDead(host)).map(([, ms]) => ms)
  const gaps = alive.flatMap((ms) => ms.slice(1).map((at, i) => at - ms[i]!))
  t.ok(Math.max(...gaps) <= 2 * stepMs, `never ${Math.max(...gaps)} ms apart`)
  t.ok(Math.max(...alive.map((ms) => 7 * stepMs - ms.at(-1)!)) <= 2 * stepMs, 'nor left out at the end')
  t.ok(most.open > 4 && most.open <= 4 + 64, `${most.open} at most were waited for`)
})

t.test('a node that posts by itself is left alone while it does, a seed is not; a collector that can not tell changes nothing', async (t) => {
  let asked = 0
  const clock = new VirtualClock()
  const { timesOf, run } = walkMesh({
    clock,
    answer: answerOf(5),
    async pushers (sinceMs) {
      asked++
      t.equal(clock.now() - sinceMs, 2 * stepMs)
      if (clock.monotonicMs() > 6 * stepMs) throw new Error('the collector is away')
      return clock.monotonicMs() > 3 * stepMs ? ['n1', 'n3', 'unknown'] : []
    },
  })
  const figures = run(5.9 * stepMs)
  t.match(await figures, { known: 5, pushing: 1 })
  t.ok(timesOf('n3.local.mesh').length >= 2 && timesOf('n3.local.mesh').length <= 4, `${timesOf('n3.local.mesh').length} times`)
  t.ok(timesOf('n3.local.mesh').every((ms) => ms <= 3.6 * stepMs))
  t.ok(timesOf('n2.local.mesh').length >= 5)
  t.ok(timesOf('localnode.local.mesh').length >= 5, 'the seed')
  t.ok(asked >= 11)

  const stopped = walkMesh({ answer: answerOf(5), async pushers () { throw new Error('no collector') } })
  t.match(await stopped.run(3 * stepMs), { known: 5, reachable: 5, pushing: 0 })
})

t.test('a node with a Phonebook: its pages are read after its sysinfo and sent with it; requests count against the rate', async (t) => {
  const asked: { path: string, atMs: number }[] = []
  const clock = new VirtualClock()
  const { messages, run, readings } = walkMesh({
    clock,
    rate: 1,
    answer: answerOf(4),
    async readPage ({ host }, path): Promise<PageOutcome> {
      asked.push({ path: `${host}${path}`, atMs: clock.monotonicMs() })
      const common = { address: '10.1.0.2', bytes: 10, requests: 1 }
      if (host.startsWith('n2.') && path === '/cgi-bin/health') return { ok: true, ...common, page: { schema: 'meshmon.v1', type: 'agent_health', node: 'N2', sent_at: '2026-06-01T00:00:00Z' } }
      return { ok: false, ...common, failure: 'status', detail: 'status 404' }
    },
  })
  const figures = await run(2.9 * stepMs)
  t.equal(figures.requests, readings.length + asked.length)
  t.equal(figures.bytes, 2000 * readings.length + 10 * asked.length)
  t.match(messages.filter((message) => !('sysinfo' in message)), [{ type: 'agent_health', node: 'N2', relayed: true }])
  const paths = asked.map(({ path }) => path)
  t.equal(paths.filter((path) => path.endsWith('/health_status')).length, 4, 'once a day each')
  t.ok(paths.filter((path) => path === 'n2.local.mesh/cgi-bin/health').length >= 2)
})

t.test('no more requests a second than the rate allows', async (t) => {
  const all = answerOf(500)
  const { readings, run } = walkMesh({ rate: 1, answer: all })
  await run(2 * stepMs)
  t.ok(readings.length > 500)
  t.ok(readings.every(({ atMs }, i) => i === 0 || atMs - readings[i - 1]!.atMs >= 999))
})

t.test('included and excluded names', async (t) => {
  const { readings, messages, run } = walkMesh({ include: ['N1*'], exclude: ['n13', '*5'], answer: answerOf(30) })
  t.match(await run(3 * stepMs), { known: 9, leftOut: { bad_name: 0, outside: 0 } })
  t.same([...new Set(messages.map(({ node }) => node))].sort(), ['N1', 'N10', 'N11', 'N12', 'N14', 'N16', 'N17', 'N18', 'N19'])
  t.ok(readings.every(({ host }) => host.startsWith('localnode') || host.startsWith('n1')))
  const none = walkMesh({ exclude: ['*'], answer: answerOf(30) })
  t.match(await none.run(3 * stepMs), { known: 1 })
  t.same(none.messages, [], 'of an excluded seed only the list is used')
})

t.test('hostile lists: 100,000 nodes, foreign addresses, names that are none, one address under many names', async (t) => {
  const invented = Array.from({ length: 100_000 }, (_, i) => ({ name: `x${i}`, ip: `10.${100 + (i >> 16)}.${i >> 8 & 255}.${i & 255}` }))
  const bad: unknown[] = [
    { name: 'f1', ip: '192.0.2.1' }, { name: 'f2', ip: '127.0.0.1' }, { name: 'f3' }, { name: 'f4', ip: 'collector' }, { name: 'f5', ip: 5 },
    { name: '../etc', ip: '10.9.0.1' }, { name: 'a b', ip: '10.9.0.2' }, { name: '', ip: '10.9.0.3' }, { name: 'x'.repeat(64), ip: '10.9.0.4' }, { name: 'h@evil', ip: '10.9.0.5' }, { name: {}, ip: '10.9.0.6' }, null, 7, 'n', [],
  ]
  const same = Array.from({ length: 50 }, (_, i) => ({ name: `y${i}`, ip: '10.1.0.2' }))
  const seed = answerOf(20)
  const { readings, run, timesOf } = walkMesh({
    mostNodes: 500,
    answer (host, asksList) {
      if (host.startsWith('x')) return null
      const answer = seed(host, asksList)
      return asksList ? { ...answer, nodes: [...answer['nodes'] as unknown[], ...bad, ...same, ...invented] } : answer
    },
  })
  const figures = await run(5.5 * stepMs)
  t.equal(figures.known, 500)
  t.match(figures.leftOut, { outside: 10, bad_name: 20, same_address: 100, too_many: 2 * (100_000 - 480) })
  t.ok(readings.every(({ host }) => /^(localnode|n\d+|x\d+)\.local\.mesh$/.test(host)))
  t.ok(readings.every(({ address }) => address === null || address.startsWith('10.')))
  t.equal(figures.reachable, 20, 'and the mesh is read all the same')
  const gaps = Array.from({ length: 19 }, (_, i) => timesOf(`n${i + 2}.local.mesh`)).flatMap((ms) => ms.slice(1).map((at, i) => at - ms[i]!))
  t.ok(gaps.length > 50 && Math.max(...gaps) < 1.55 * stepMs, `hardly delayed: at most ${Math.max(...gaps)} ms apart`)
  for (const nodes of ['none', null, { a: 1 }, 3]) {
    const odd = walkMesh({ answer: (host) => ({ ...seed(host, false), nodes }) })
    t.match(await odd.run(stepMs), { known: 1, reachable: 1 })
  }
})

t.test('a node that answers with the name of another takes neither its place nor its readings', async (t) => {
  const all = answerOf(3)
  const { messages, run } = walkMesh({ answer: (host, asksList) => host.startsWith('n3') ? { ...all(host, false), node: 'N2', forged: true } : all(host, asksList) })
  t.match(await run(8 * stepMs), { known: 2, reachable: 2 })
  t.ok(messages.length > 10)
  t.notOk(messages.some(({ sysinfo }) => 'forged' in sysinfo))
  const nameless = walkMesh({ answer: (host, asksList) => host.startsWith('n3') ? { ...all(host, false), node: 'no name' } : all(host, asksList) })
  t.match(await nameless.run(4 * stepMs), { known: 3, reachable: 2 })
  t.notOk(nameless.messages.some(({ node }) => node === 'no name'))
})

t.test('nodes that are renamed and renumbered are followed', async (t) => {
  let isMoved = false
  const list = () => isMoved ? [entry(1), { name: 'N2', ip: '10.7.7.7' }, { name: 'NEW', ip: address(3) }] : [entry(1), entry(2), entry(3)]
  const { clock, readings, messages, run } = walkMesh({
    answer (host, asksList) {
      const node = host.startsWith('localnode') ? 'N1' : isMoved && /^(n3|new)\./.test(host) ? 'NEW' : host.split('.')[0]!.toUpperCase()
      return { api_version: '2.0', node, node_details: {}, ...(asksList && { nodes: list() }) }
    },
  })
  clock.wait(2 * stepMs).then(() => { isMoved = true }, () => {})
  t.match(await run(8 * stepMs), { known: 3, reachable: 3 })
  t.same([...new Set(readings.filter(({ host }) => host.startsWith('n2')).map(({ address: at }) => at))], [address(2), '10.7.7.7'])
  t.same([...new Set(messages.map(({ node }) => node))].sort(), ['N1', 'N2', 'N3', 'NEW'])
  t.same(messages.slice(-3).map(({ node }) => node).sort(), ['N1', 'N2', 'NEW'])
})

t.test('after a restart the mesh is known though its seed is silent; what is too old, excluded or out of range today is not', async (t) => {
  const memory = remember()
  await walkMesh({ memory, answer: answerOf(30) }).run(2 * stepMs)
  t.equal(memory.nodes().length, 29, 'all but the seed')
  t.match(memory.nodes().find(({ name }) => name === 'n2'), { ip: address(2), heard: Number })

  const all = answerOf(30)
  const silentSeed = { answer: (host: string, asksList: boolean) => host.startsWith('localnode') ? null : all(host, asksList) }
  const after = walkMesh({ memory, ...silentSeed })
  t.match(await after.run(2 * stepMs), { known: 30, reachable: 29, leftOut: { excluded: 0, outside: 0 } })
  t.equal(memory.nodes().length, 29)

  const saved = [...memory.nodes(), { name: 'far', ip: '192.0.2.1', heard: 0 }, { name: 'bad name', ip: '10.1.0.99', heard: 0 }]
  const today = walkMesh({ memory: remember(saved), exclude: ['n7'], mostNodes: 20, ...silentSeed })
  t.match(await today.run(2 * stepMs), { known: 20 })
  t.notOk(today.readings.some(({ host }) => /^(n7|far|bad name)\./.test(host)))

  const old = walkMesh({ memory: remember([{ name: 'gone', ip: '10.1.0.77', heard: virtualStart - 2 * 86_400_000 }]), answer: (host, asksList) => host.startsWith('gone') ? null : all(host, asksList) })
  t.match(await old.run(2 * stepMs), { known: 30 })
})

t.test('a full disk loses readings, not the walk; a list that is too large is not asked for again soon', async (t) => {
  const full = walkMesh({ answer: answerOf(3), report: async () => { throw new Error('no space left') } })
  const figures = await full.run(3 * stepMs)
  t.ok(figures.unreported > 5)
  t.match(figures, { known: 3, reachable: 3 })

  const clock = new VirtualClock()
  const asked: string[] = []
  const walker = new Walker({
    seeds: ['s'], stepMs, concurrency: 1, rate: 10, ranges: parseRanges([]), include: [], exclude: [], mostNodes: 5, clock, log, memory: remember(), pushers: async () => [], readPage: noPage, report: async () => {},
    async read (_, flags) {
      asked.push(flags)
      const common = { address: '10.0.0.1', bytes: 1, requests: 1 }
      return flags.includes('nodes') ? { ...common, ok: false, failure: 'too_large', detail: 'more than 2 MiB' } : { ...common, ok: true, sysinfo: { node: 's' } }
    },
  })
  const stop = new AbortController()
  const running = walker.run(stop.signal)
  await clock.run(2.5 * stepMs)
  stop.abort(new Error('the end'))
  await running
  t.same(asked, ['lqm=1&link_info=1&nodes=1', 'lqm=1&link_info=1', 'lqm=1&link_info=1'])
  t.match(walker.figures(), { reachable: 1, outcomes: { too_large: 1, answered: 2 } })
})
