import t from 'tap'
import type { FlapMemory, SeenWindow } from '../../src/rules/hop-lists.js'
import { routeFlapping } from '../../src/rules/route-flapping.js'
import type { Answer, Judgement } from '../../src/rules/rule.js'
import { defaultSettings } from '../../src/rules/settings/settings.js'
import { States } from '../../src/rules/states.js'
import { parseSeries, parseSpan } from '../support/scenario-notation.js'

const startMs = Date.parse('2026-03-02T00:00:00Z')
const routes: Record<string, string[]> = { A: ['a', 'b', 'z'], B: ['a', 'c', 'z'], C: ['a', 'd', 'z'], D: ['a', 'b', 'c', 'z'], E: ['a', 'b', 'd', 'z'] }

interface Options { step?: string, afterMs?: number, settings?: object, hops?: SeenWindow['hops'], memory?: FlapMemory | null }

function judgeAt (atMs: number, seen: SeenWindow[], memory: FlapMemory | null, { afterMs, settings }: Options = {}): Judgement<FlapMemory> {
  return routeFlapping.judge({
    seen, subject: 'a>z', scope: { type: 'path', src: 'a', dst: 'z' }, memory, phase: 'clear', incident: null, afterMs: afterMs ?? null,
    settings: { ...defaultSettings().rules['route_flapping'], ...settings } as never, moment: { atMs, judgedMs: 0, listeningMs: 0 }, lookup: new States(),
  })
}

function windowsOf (series: string, { step = '40s', hops = [] }: Options = {}): SeenWindow[] {
  return parseSeries(series).flatMap((name, i) => name === undefined ? [] : [{ timeMs: startMs + i * parseSpan(step), route: routes[String(name)] ?? [], before: [], hops }])
}

/** Judges window by window, keeping the memory of a path that is watched, and returns the answers. */
function judgeAll (series: string, options: Options = {}): { answers: Answer[], last: Judgement<FlapMemory> } {
  let last: Judgement<FlapMemory> = { answers: [], memory: null }
  const answers: Answer[] = []
  const seen: SeenWindow[] = []
  for (const window of windowsOf(series, options)) {
    // Where nothing is remembered the statement brings the windows before.
    last = judgeAt(window.timeMs, [last.memory === null ? { ...window, before: [...seen] } : window], last.memory, options)
    answers.push(...last.answers)
    seen.push(window)
  }
  return { answers, last }
}

function judge (series: string, options: Options = {}): string {
  return judgeAll(series, options).answers.map((answer) => answer.is === 'match' ? `${answer.finding.severity}@${(answer.startedMs - startMs) / 1000}` : answer.is).join(' ')
}

const last = (series: string, options: Options = {}) => judge(series, options).split(' ').at(-1)

t.test('three hop lists in 5 min match, and start with the first change', async (t) => {
  t.equal(judge('A A B C'), 'hold clear hold minor@80')
  t.equal(judge('A A B A B'), 'hold clear hold hold hold', 'two lists')
  t.equal(last('A B _x5 C'), 'minor@40', '4 min 40 s after A')
  t.equal(last('A B _x6 C'), 'hold', 'A has left')
  t.equal(last('A B B B B A A A A C'), 'minor@200', 'the first change within the 5 min')
  t.equal(last('A A B B B A A A A C'), 'minor@80', 'its list compared with the one before them')
})

t.test('five lists are major', async (t) => {
  t.equal(last('A B C D'), 'minor@40')
  t.equal(last('A B C D E'), 'major@40')
})

t.test('with few windows in 5 min the last eight count', async (t) => {
  const slow = { step: '10m' }
  t.equal(judge('A B A B C', slow), 'hold hold hold hold minor@600')
  t.equal(judge('A A B B C', slow), 'hold hold hold hold hold', 'two changes')
  t.equal(last('A B A B A B A B', slow), 'hold', 'two lists')
  t.equal(last('C A B A B A B A B', slow), 'hold', 'C is the ninth')
  t.equal(last('C A B A B A B A', { step: '70s' }), 'hold', 'five windows in 5 min are enough to go by')
  t.equal(last('C A B A B A B A', { step: '80s' }), 'minor@80', 'four are not')
  t.equal(last('A B A B C', { step: '1h29m' }), 'minor@5340')
  t.equal(last('A B A B C', { step: '1h31m' }), 'hold', 'the first is older than 6 h')
})

t.test('one list is clear: over 5 min, or with few windows over three', async (t) => {
  t.equal(judge('A A A'), 'hold clear clear')
  t.equal(last('A Bx7'), 'hold', 'A is 4 min 40 s old')
  t.equal(last('A Bx8'), 'clear')
  t.equal(judge('A B B B', { step: '10m' }), 'hold hold hold clear')
})

t.test('a window that leaves the 5 min is an answer where it changes it', async (t) => {
  const { memory, wakeMs } = judgeAll('B B B B C A').last
  t.equal(wakeMs, startMs + 300_000)
  t.equal(memory?.answered, 'match')
  const still = judgeAt(startMs + 300_000, [], memory)
  t.same(still.answers, [], 'B, C and A are still there')
  t.equal(still.wakeMs, startMs + 340_000)
  const left = judgeAt(startMs + 420_000, [], still.memory)
  t.match(left.answers, [{ is: 'hold' }])
  t.same(judgeAt(startMs + 460_000, [], left.memory).answers, [], 'that is known')
  const empty = judgeAt(startMs + 500_000, [], left.memory)
  t.equal(empty.wakeMs, null)
})

t.test('windows of a closed incident do not count', async (t) => {
  t.equal(last('A B C'), 'minor@40')
  t.equal(last('A B C', { afterMs: startMs }), 'hold')
})

t.test('a window counts whenever it arrives, and once', async (t) => {
  const [a, b, c] = windowsOf('A B C')
  const first = judgeAt(c!.timeMs, [c!, a!], null)
  t.match(first.answers, [{ is: 'hold' }])
  const second = judgeAt(c!.timeMs + 10_000, [b!], first.memory)
  t.match(second.answers, [{ is: 'match', rowMs: c!.timeMs }])
  t.same(judgeAt(c!.timeMs + 20_000, [b!, c!], second.memory).answers, [])
})

t.test('the memory is bounded, and empty while nothing changes', async (t) => {
  t.equal(judgeAll('A A A').last.memory, null)
  t.equal(judgeAll('Ax3 B Ax8').last.memory?.lists.length, 2)
  t.equal(judgeAll('Ax3 B Ax9').last.memory, null)
  t.ok((judgeAll(Array.from({ length: 500 }, (_, i) => 'ABC'[i % 3]).join(' '), { step: '1s' }).last.memory?.windows.length ?? 0) <= 64)
})

t.test('the texts name the path, its routes and the weakest link that they share', async (t) => {
  const hops = [
    { from: 'a', to: 'b', lq: 0.6, nlq: 0.7, etx: 2.38 },
    { from: 'b', to: 'c', lq: 0.1, nlq: 0.1, etx: 100 },
    { from: 'z', to: 'c', lq: 0.9, nlq: 0.9, etx: 1.23 },
    { from: 'x', to: 'y', lq: 0.1, nlq: 0.1, etx: 100 },
  ]
  const finding = ({ answers }: { answers: Answer[] }) => {
    const match = answers.at(-1)
    if (match?.is !== 'match') throw new Error('no match')
    return match.finding
  }
  const { cause, nextSteps, evidence } = finding(judgeAll('A A B D', { hops }))
  t.match(cause, /^Packets from a to z took 3 different routes in 2 min: a-b-z, a-c-z and a-b-c-z\./)
  t.match(nextSteps[0], /link a-b first, the weakest that several of these routes share: ETX 2\.4, LQ 60 %, NLQ 70 %/)
  t.match(nextSteps[1], /whether b and c restart/)
  t.match(evidence, { metric: 'hop_lists', open: 3, clear: 1, route: routes['D']!, routes: [routes['A']!, routes['B']!, routes['D']!], weakest_hop: { from: 'a', to: 'b' } })
  t.match(evidence['changes'], [{ time: '2026-03-02T00:01:20.000000Z', route: routes['B']!, left: ['b'], joined: ['c'] }, { left: [], joined: ['b'] }])
  t.same(evidence.points.map(([, lists]) => lists), [1, 1, 2, 3])
  t.match(finding(judgeAll('A B C')).nextSteps[0], /its quality is not known/)
})
