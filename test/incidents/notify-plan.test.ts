import t from 'tap'
import { planMessages, type Due, type OutboxEvent, type Outcome, type PlanContext, type Told } from '../../src/incidents/notify/plan.js'

const nowMs = Date.UTC(2026, 5, 15, 12)
const context: PlanContext = { nowMs, perMin: 10, recentMessages: 0, lastSummaryMs: null, knownDaily: new Set() }

const told = (id: string, more: Partial<Told> = {}): Told => ({
  id, kind: 'node_silent', category: 'node', scope: { type: 'node', node: id }, severity: 'major', state: 'open', acknowledged: false, inMaintenance: false,
  opening: 'sent', openingDueMs: nowMs, closedMs: null, cause: null, ...more,
})

let lastId = 0
const row = (event: OutboxEvent, incident: Told | null, more: Partial<Due> = {}): Due => {
  const id = ++lastId
  return { id, key: `${incident?.id ?? 'gone'}/${event}`, event, atMs: nowMs, dueMs: nowMs, incident, ...more }
}

/** What became of each row, in their order; null: held. */
const outcomes = (rows: Due[], more: Partial<PlanContext> = {}): Array<Outcome | null> => {
  const { settled } = planMessages(rows, { ...context, ...more })
  return rows.map(({ id }) => settled.find((one) => one.id === id)?.outcome ?? null)
}

t.test('opening, escalation and closing are told', async (t) => {
  const incident = told('a')
  for (const event of ['opened', 'escalated', 'closed'] as const) {
    const { messages, settled } = planMessages([row(event, { ...incident, opening: event === 'opened' ? null : 'sent' })], context)
    t.match(messages, [{ type: 'single', event, key: `a/${event}` }], event)
    t.match(settled, [{ outcome: 'sent' }])
  }
})

t.test('an opening that has a cause is folded, whatever its cause came to tell', async (t) => {
  const consequence = (cause: Partial<Told>) => outcomes([row('opened', told('a', { opening: null, cause: told('cause', cause) }))])
  for (const opening of ['sent', 'summary', 'folded', 'daily', null] as const) t.same(consequence({ opening }), ['folded'], String(opening))
  t.same(consequence({ opening: undefined, inMaintenance: true }), ['folded'], 'the cause is silent by the operator\'s wish')
  t.same(consequence({ opening: undefined }), ['sent'], 'the cause was never to be announced')
  t.same(consequence({ opening: 'dropped' }), ['sent'], 'the cause was over before it was announced')
  t.same(consequence({ opening: null, state: 'closed' }), ['sent'], 'the cause will not be announced')
})

t.test('what was not announced is not followed', async (t) => {
  for (const opening of ['folded', 'dropped', null, undefined] as const) {
    const incident = told('a', { opening, openingDueMs: nowMs + 1, state: 'closed', closedMs: nowMs })
    t.same(outcomes([row('escalated', incident), row('closed', incident)]), ['dropped', 'dropped'], String(opening))
  }
  t.same(outcomes([row('closed', told('a', { opening: 'summary', state: 'closed' }))]), ['sent'], 'a summary is an announcement')
})

t.test('closed before its opening was due: nothing; closed after, found out late: both', async (t) => {
  const closed = (closedMs: number | null) => {
    const incident = told('a', { opening: null, state: 'closed', openingDueMs: nowMs - 1000, closedMs })
    return outcomes([row('opened', incident), row('closed', incident)])
  }
  t.same(closed(nowMs - 1001), ['dropped', 'dropped'])
  t.same(closed(nowMs - 999), ['sent', 'sent'])
  t.same(closed(null), ['dropped', 'dropped'], 'closed in silence')
})

t.test('in maintenance nothing is told', async (t) => {
  for (const event of ['opened', 'escalated', 'closed', 'reminder'] as const) {
    const incident = told('a', { severity: 'critical', opening: event === 'opened' ? null : 'sent' })
    t.same(outcomes([row(event, { ...incident, inMaintenance: true })]), ['dropped'], event)
    t.same(outcomes([row(event, incident)]), ['sent'], event)
  }
})

t.test('of several transitions at once only what still says something is told', async (t) => {
  const open = told('a', { opening: null })
  t.same(outcomes([row('opened', open), row('escalated', open)]), ['sent', 'dropped'], 'the opening tells how bad it is')
  t.same(outcomes([row('escalated', told('a')), row('escalated', told('a'))]), ['dropped', 'sent'])
  const closed = told('a', { state: 'closed', closedMs: nowMs })
  t.same(outcomes([row('escalated', closed), row('closed', closed)]), ['dropped', 'sent'])
  t.same(outcomes([row('escalated', told('a', { cause: told('c') }))]), ['dropped'], 'its cause came later')
  t.same(outcomes([row('closed', told('a', { cause: told('c') }))]), ['sent'], 'what was announced is closed')
})

t.test('a reminder counts while the issue is critical, open and not acknowledged', async (t) => {
  const critical = told('a', { severity: 'critical' })
  t.same(outcomes([row('reminder', critical)]), ['sent'])
  for (const more of [{ acknowledged: true }, { severity: 'major' }, { state: 'closing' }, { state: 'closed' }] as const) {
    t.same(outcomes([row('reminder', { ...critical, ...more })]), ['dropped'], JSON.stringify(more))
  }
})

t.test('the quality of data: one message per rule and day, no closing', async (t) => {
  const skewed = (id: string, kind = 'clock_skew') => told(id, { kind, category: 'data_quality', opening: null })
  const { messages, settled } = planMessages([row('opened', skewed('a')), row('opened', skewed('b')), row('opened', skewed('c', 'timing_unusable'))], context)
  t.same(messages.map(({ key }) => key), ['clock_skew/2026-06-15', 'timing_unusable/2026-06-15'])
  t.same(settled.map(({ outcome }) => outcome), ['sent', 'daily', 'sent'])
  t.same(outcomes([row('opened', skewed('d'))], { knownDaily: new Set(['clock_skew/2026-06-15']) }), ['daily'])
  t.same(outcomes([row('opened', skewed('d'), { atMs: nowMs + 12 * 3_600_000 })], { knownDaily: new Set(['clock_skew/2026-06-15']) }), ['sent'], 'another day')
  t.same(outcomes([row('closed', { ...skewed('a'), opening: 'sent' })]), ['dropped'])
})

t.test('an incident that is gone is told of no more', async (t) => {
  t.same(outcomes([row('opened', null)]), ['dropped'])
})

t.test('beyond the limit of a minute there is one summary, once the flood has settled', async (t) => {
  const flood = (n: number) => Array.from({ length: n }, (_, i) => row('opened', told(`n${i}`, { opening: null })))
  t.equal(planMessages(flood(10), context).messages.length, 10, 'within the limit')
  t.match(planMessages(flood(8), { ...context, recentMessages: 2 }), { messages: { length: 8 } })
  const rows = flood(10_000)
  t.same(planMessages(rows, context), { messages: [], settled: [], heldUntilMs: nowMs + 15_000 })
  const { messages, settled, heldUntilMs } = planMessages(rows, { ...context, nowMs: nowMs + 15_000 })
  t.match(messages, [{ type: 'summary', parts: { length: 10_000 } }])
  t.equal(settled.filter(({ outcome }) => outcome === 'summary').length, 10_000)
  t.equal(heldUntilMs, null)
})

t.test('one summary a minute; what fits the limit meanwhile is told by itself', async (t) => {
  const rows = Array.from({ length: 10 }, (_, i) => row('opened', told(`n${i}`, { opening: null }), { dueMs: nowMs - 60_000 }))
  const after = { recentMessages: 1, lastSummaryMs: nowMs - 10_000 }
  t.match(planMessages(rows, { ...context, ...after }), { messages: [], heldUntilMs: nowMs + 50_000 })
  t.match(planMessages(rows.slice(0, 9), { ...context, ...after }), { messages: { length: 9 }, heldUntilMs: null })
  t.match(planMessages(rows, { ...context, recentMessages: 1, lastSummaryMs: nowMs - 60_000 }), { messages: [{ type: 'summary' }] })
})

t.test('rows that say nothing do not count toward the limit', async (t) => {
  const rows = Array.from({ length: 500 }, (_, i) => row('opened', told(`n${i}`, { opening: null, cause: told('cause') })))
  t.match(planMessages([...rows, row('opened', told('cause', { opening: null }))], context), { messages: [{ type: 'single', key: 'cause/opened' }], heldUntilMs: null })
})
