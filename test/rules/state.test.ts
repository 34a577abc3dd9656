import fc from 'fast-check'
import t from 'tap'
import { severities, type Answer, type Moment, type Severity, type SubjectState } from '../../src/rules/rule.js'
import { age, begin, type Change, incidentId, isForgettable, take } from '../../src/rules/state.js'

const t0 = Date.parse('2026-11-01T00:00:00Z')
const slotMs = 10_000
const hourMs = 3_600_000
const lifecycle = { kind: 'jitter_burst', subject: 'a>b', closeAfterMs: 900_000, closeRows: 3, oldAfterMs: hourMs }
/** Short, so that random histories close often. */
const quick = { ...lifecycle, closeAfterMs: 60_000, closeRows: 2 }
const limits = { staleAfterMs: 1_800_000, closeAfterMs: 24 * hourMs }
const scope = { type: 'path', src: 'a', dst: 'b' } as const

/** What happens to a subject at one slot: rows that are so many seconds old and say something, or nothing; a restart; hours that nobody judged. */
type Event =
  | { type: 'rows', rows: Array<{ is: 'match' | 'clear' | 'hold', ageS: number, severity: Severity, run: boolean }> }
  | { type: 'nothing', slots: number }
  | { type: 'restart' }
  | { type: 'jump', hours: number }

interface Run { changes: Change[], absentMs: number[], state: SubjectState | null }

const rowsEvent = fc.record({
  type: fc.constant('rows' as const),
  rows: fc.array(fc.record({ is: fc.constantFrom('match' as const, 'clear' as const, 'hold' as const), ageS: fc.integer({ min: 0, max: 600 }), severity: fc.constantFrom(...severities), run: fc.boolean() }), { minLength: 1, maxLength: 4 }),
})
const events: fc.Arbitrary<Event[]> = fc.array(fc.oneof(
  { weight: 10, arbitrary: rowsEvent },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('nothing' as const), slots: fc.constantFrom(1, 30, 400, 8000, 9000) }) },
  { weight: 2, arbitrary: fc.constant({ type: 'restart' as const }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('jump' as const), hours: fc.constantFrom(1, 24, 48) }) }
), { maxLength: 60 })

function answerOf (row: Extract<Event, { type: 'rows' }>['rows'][number], atMs: number): Answer {
  const rowMs = atMs - row.ageS * 1000
  const finding = { severity: row.severity, cause: 'c', nextSteps: [], evidence: { metric: 'm', unit: 'u', open: 1, clear: 0, points: [] } }
  if (row.is === 'match') return { is: 'match', rowMs, startedMs: rowMs, finding }
  return row.is === 'clear' ? { is: 'clear', rowMs } : { is: 'hold', rowMs, run: row.run }
}

function play (history: Event[], isRestarted: boolean): Run {
  let state: SubjectState | null = null
  let moment: Moment = { atMs: t0, judgedMs: 0, listeningMs: t0 }
  const run: Run = { changes: [], absentMs: [], state: null }
  const next = (): void => { moment = { ...moment, atMs: moment.atMs + slotMs, judgedMs: moment.judgedMs + slotMs } }
  for (const event of history) {
    if (event.type === 'restart' && isRestarted) state = JSON.parse(JSON.stringify(state)) as SubjectState | null
    if (event.type === 'jump') moment = { ...moment, atMs: moment.atMs + event.hours * hourMs }
    if (event.type === 'rows') {
      next()
      const step = take(state ?? begin(scope, moment), event.rows.map((row) => answerOf(row, moment.atMs)), quick, moment)
      run.changes.push(...step.changes)
      run.absentMs.push(...step.changes.map(() => 0))
      state = isForgettable(step.state, moment) ? null : step.state
    }
    for (let i = 0; event.type === 'nothing' && i < event.slots; i++) {
      next()
      const known: SubjectState | null = state
      if (known === null) continue
      const step = age(known, limits, moment)
      run.changes.push(...step?.changes ?? [])
      run.absentMs.push(...(step?.changes ?? []).map(() => moment.judgedMs - known.dataJudgedMs))
      state = step?.state ?? null
    }
  }
  run.state = state
  return run
}

function isOpening ({ from, to }: Change): boolean {
  return to === 'open' && (from === 'clear' || from === 'pending')
}

function check (t: Tap, name: string, holds: (run: Run, history: Event[]) => void): void {
  t.test(name, async (t) => { t.doesNotThrow(() => fc.assert(fc.property(events, (history) => holds(play(history, true), history)), { numRuns: 500 })) })
}
type Tap = typeof t

function must (holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

check(t, 'never more than one open incident, and each id once', ({ changes }) => {
  let open: string | null = null
  const ids = new Set<string>()
  for (const change of changes) {
    if (isOpening(change)) {
      must(open === null && change.incident !== null, 'opened while another was open')
      open = change.incident?.id ?? null
      must(!ids.has(open ?? ''), 'an id came twice')
      ids.add(open ?? '')
    } else if (change.incident !== null) must(change.incident.id === open, 'a transition of another incident')
    if (change.closed) open = null
  }
})

check(t, 'each transition goes on from where the last one ended', ({ changes }) => {
  let at: string = 'clear'
  for (const { from, to } of changes) {
    // What was forgotten begins anew.
    must(from === at || (from === 'clear' && at === 'pending'), `${at}, then ${from}>${to}`)
    at = to === 'closed' ? 'clear' : to
  }
})

check(t, 'ends after it started', ({ changes }) => {
  for (const { closed, incident } of changes) if (closed) must(incident !== null && closed.endedMs > incident.startedMs, 'ended before it started')
})

check(t, 'severity never falls', ({ changes }) => {
  const worst = new Map<string, number>()
  for (const { incident } of changes) {
    if (incident === null) continue
    const severity = severities.indexOf(incident.finding.severity)
    must(severity >= (worst.get(incident.id) ?? 0), 'severity fell')
    worst.set(incident.id, severity)
  }
})

check(t, 'no data closes only after 24 h that were judged, whatever the clock does', ({ changes, absentMs }) => {
  changes.forEach(({ closed }, i) => {
    if (closed?.resolution === 'no_data') must((absentMs[i] ?? 0) >= limits.closeAfterMs, `closed after ${absentMs[i]} ms`)
    else must((absentMs[i] ?? 0) === 0, 'a transition without data')
  })
})

check(t, 'what counted for one incident never opens the next', ({ changes }) => {
  let endedMs = -Infinity
  for (const change of changes) {
    if (isOpening(change)) must((change.incident?.newestMs ?? 0) > endedMs, 'opened by a row of the incident before')
    if (change.closed) endedMs = change.closed.endedMs
  }
})

check(t, 'recovers only by clear rows over the whole span', ({ changes }, history) => {
  const recovered = changes.filter(({ closed }) => closed?.resolution === 'recovered')
  const clears = history.flatMap((event) => event.type === 'rows' ? event.rows.filter(({ is }) => is === 'clear') : [])
  must(clears.length >= recovered.length * quick.closeRows, 'closed with fewer clear rows')
})

t.test('a restart at any point changes nothing; the same history gives the same ids', async (t) => {
  let opened = 0
  fc.assert(fc.property(events, (history) => {
    const [once, again] = [play(history, false), play(history, true)]
    opened += once.changes.filter(isOpening).length
    must(JSON.stringify(once) === JSON.stringify(again), 'a restart made a difference')
  }), { numRuns: 500 })
  t.ok(opened > 100, 'the histories open incidents')
})

t.test('a course by hand', async (t) => {
  const at = (s: number): Moment => ({ atMs: t0 + s * 1000, judgedMs: s * 1000, listeningMs: t0 })
  const row = (is: 'match' | 'clear' | 'hold', s: number, run = false): Answer => answerOf({ is, ageS: 0, severity: 'major', run }, t0 + s * 1000)
  let state = begin(scope, at(0))
  const course: string[] = []
  const feed = (s: number, ...answers: Answer[]): void => {
    const step = take(state, answers, lifecycle, at(s))
    state = step.state
    course.push(...step.changes.map(({ from, to }) => `${s} ${from}>${to}`))
  }
  feed(10, row('hold', 10, true))
  feed(20, row('hold', 20, true))
  feed(30, row('hold', 30, false))
  feed(40, row('hold', 40, true))
  feed(50, row('match', 50))
  feed(100, row('clear', 100))
  feed(140, row('hold', 140, true))
  feed(999, row('clear', 999))
  feed(1010, row('clear', 999))
  feed(1020, row('clear', 1020))
  t.same(course, ['10 clear>pending', '30 pending>clear', '40 clear>pending', '50 pending>open', '100 open>closing', '1020 closing>closed'])
  t.equal(state.afterMs, t0 + 100_000, 'ended at the first clear row')
})

t.test('goes stale without data, sooner for who reports often, and is fresh again with data', async (t) => {
  const at = (s: number): Moment => ({ atMs: t0 + s * 1000, judgedMs: s * 1000, listeningMs: t0 })
  const feed = (state: SubjectState, s: number): SubjectState => take(state, [answerOf({ is: 'match', ageS: 0, severity: 'minor', run: false }, t0 + s * 1000)], lifecycle, at(s)).state
  const often = [40, 80, 120, 160].reduce(feed, begin(scope, at(0)))
  t.equal(age(often, limits, at(160 + 1799))?.state.incident?.stale, false)
  t.equal(age(often, limits, at(160 + 1800))?.state.incident?.stale, true)
  const seldom = [3600, 7200, 10_800, 14_400].reduce(feed, begin(scope, at(0)))
  t.equal(age(seldom, limits, at(14_400 + 10_799))?.state.incident?.stale, false)
  const gone = age(seldom, limits, at(14_400 + 10_800))?.state
  t.equal(gone?.incident?.stale, true)
  if (gone) t.equal(feed(gone, 30_000).incident?.stale, false)
})

t.test('history that opens is stale', async (t) => {
  const moment: Moment = { atMs: t0 + 2 * hourMs, judgedMs: 0, listeningMs: t0 }
  const open = (ageS: number): boolean | undefined => take(begin(scope, moment), [answerOf({ is: 'match', ageS, severity: 'minor', run: false }, moment.atMs)], lifecycle, moment).state.incident?.stale
  t.equal(open(3600), false)
  t.equal(open(3601), true)
})

t.test('an id is safe in a URL and tells kind, subject and start apart', async (t) => {
  const id = incidentId('loss_spike', 'a>b, "c" 😀', t0)
  t.equal(encodeURIComponent(id), id)
  t.equal(id, incidentId('loss_spike', 'a>b, "c" 😀', t0))
  t.equal(new Set([id, incidentId('loss_spike', 'a>b', t0), incidentId('loss_spike', 'a>b, "c" 😀', t0 + 0.001), incidentId('jitter_burst', 'a>b, "c" 😀', t0)]).size, 4)
})
