import { once } from 'node:events'
import t from 'tap'
import type { ReplayBody, ReplayedBody, RulesInForce } from '../../src/http/schemas/rules.js'
import { Refused } from '../../src/http/refused.js'
import { ago, insert, nowMs, startTestApi } from '../support/api.js'

const setting = (value: unknown) => ({ value, default: 30, description: 'A window is bad above this (ms)' })
const inForce: RulesInForce = {
  engine: { fold_wait_s: setting(90) },
  rules: [
    { name: 'node_silent', category: 'node', scope: 'node', enabled: true, settings: {} },
    { name: 'jitter_burst', category: 'network', scope: 'path', enabled: false, settings: { open_ms: setting(25) } },
  ],
}
let replay: (request: ReplayBody, signal: AbortSignal) => Promise<ReplayedBody>
const { app, get, request, pool } = await startTestApi(t, { engine: { rules: () => inForce, replay: (...given) => replay(...given) } })
const url = await app.listen({ host: '127.0.0.1', port: 0 })

t.test('/rules gives the settings in force and the last 50 evaluations', async (t) => {
  const evaluation = (rule: string, s: number, more = {}) => ({ rule, slot: ago(s), ms: 1.5, rows: 10, matches: 1, ...more })
  await insert(pool, 'rule_evaluation', [
    ...Array.from({ length: 60 }, (_, i) => evaluation('node_silent', i * 10)), evaluation('jitter_burst', 20, { error: 'column "x" does not exist' }), evaluation('removed', 5),
  ])
  const { status, body } = await get('/rules')
  t.equal(status, 200)
  t.same(body.engine, { settings: { fold_wait_s: { value: 90, default: 30, description: 'A window is bad above this (ms)' } } })
  t.same(body.rules.map(({ evaluations, ...rule }: { evaluations: object[] }) => rule), inForce.rules)
  const [silent, jitter] = body.rules
  t.equal(silent.evaluations.length, 50)
  t.same(silent.evaluations[0], { slot: '2026-06-15T12:00:00Z', ms: 1.5, rows: 10, matches: 1, error: null })
  t.equal(silent.evaluations[49].slot, '2026-06-15T11:51:50Z')
  t.same(jitter.evaluations, [{ slot: '2026-06-15T11:59:40Z', ms: 1.5, rows: 10, matches: 1, error: 'column "x" does not exist' }])
})

t.test('a rule that was never evaluated has no evaluations', async (t) => {
  t.same((await get('/rules')).body.rules.map(({ evaluations }: { evaluations: object[] }) => evaluations), [[], []])
})

t.test('a replay is asked for in milliseconds, with what is to be tried', async (t) => {
  const asked: ReplayBody[] = []
  replay = async (given) => {
    asked.push(given)
    return { incidents: [], slots: 8640 }
  }
  t.match(await request('POST', '/replay', { from: ago(86_400), to: ago(0) }), { status: 200, body: { incidents: [], slots: 8640 } })
  await request('POST', '/replay', { from: ago(31 * 86_400), to: ago(0), step: 60, rules: { jitter_burst: { open_ms: 20 } } })
  t.same(asked, [
    { fromMs: nowMs - 86_400_000, toMs: nowMs, stepS: 10 },
    { fromMs: nowMs - 31 * 86_400_000, toMs: nowMs, stepS: 60, rules: { jitter_burst: { open_ms: 20 } } },
  ])
})

t.test('a replay out of bounds is refused', async (t) => {
  replay = async () => { throw new Error('was called') }
  const good = { from: ago(3600), to: ago(0) }
  const bad: object[] = [
    {}, { from: ago(9) }, { ...good, to: ago(3600) }, { ...good, to: ago(-1) }, { ...good, from: ago(31 * 86_400 + 1) }, { ...good, step: 9 }, { ...good, step: 3601 }, { ...good, step: 10.5 },
    { ...good, rules: [] }, { ...good, rules: 'x' }, { ...good, from: 'yesterday' }, { ...good, from: '2026-06-14T23:59:60Z' }, { ...good, until: ago(0) },
  ]
  for (const body of bad) t.equal((await request('POST', '/replay', body)).status, 400, JSON.stringify(body))
  replay = async () => { throw new Refused(400, 'jitter_burst.open_ms: must be a number') }
  t.match(await request('POST', '/replay', good), { status: 400, body: { detail: 'jitter_burst.open_ms: must be a number' } })
})

/** A replay that goes on until it is aborted or `finish` is called. */
function longReplay () {
  let start: (signal: AbortSignal) => void
  let finish: (found: ReplayedBody) => void
  const started = new Promise<AbortSignal>((resolve) => { start = resolve })
  const finished = new Promise<ReplayedBody>((resolve) => { finish = resolve })
  replay = async (_request, signal) => {
    start(signal)
    return await Promise.race([finished, once(signal, 'abort').then(() => { throw signal.reason })])
  }
  return { started, finish: finish! }
}
const post = (more: RequestInit = {}) => fetch(`${url}/replay`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ from: ago(60), to: ago(0) }), ...more })

t.test('one replay runs at a time', async (t) => {
  const { started, finish } = longReplay()
  const first = post()
  t.notOk((await started).aborted)
  const second = await post()
  t.equal(second.status, 409)
  t.match(await second.json(), { detail: /another replay/ })
  finish({ incidents: [], slots: 1 })
  t.same(await (await first).json(), { incidents: [], slots: 1 })
  replay = async () => ({ incidents: [], slots: 2 })
  t.same(await (await post()).json(), { incidents: [], slots: 2 })
})

t.test('a failed replay makes room for the next', async (t) => {
  replay = async () => { throw new Error('broken') }
  t.equal((await post()).status, 500)
  replay = async () => ({ incidents: [], slots: 2 })
  t.equal((await post()).status, 200)
})

t.test('a replay ends when its client hangs up', async (t) => {
  const { started } = longReplay()
  const client = new AbortController()
  const answer = post({ signal: client.signal }).catch((error: Error) => error.name)
  const signal = await started
  const aborted = once(signal, 'abort')
  client.abort()
  t.equal(await answer, 'AbortError')
  await aborted
  t.ok(signal.aborted)
})

t.test('a replay ends when the collector stops', async (t) => {
  const { started } = longReplay()
  const answer = post()
  const signal = await started
  await app.close()
  t.ok(signal.aborted)
  const { status, headers } = await answer
  t.equal(status, 503)
  t.ok(headers.get('retry-after'))
})
