import t from 'tap'
import { RulesOnly } from '../support/rules-only.js'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const t0 = Date.parse('2026-11-01T00:00:00Z')

const report = (ms: number, signal: string | null = 'SIGSEGV') => ({ report: { ms, signal, thread: null, operation: null, memoryMb: null, uptimeS: null } })
const rise = (ms: number, n: number, startMs = ms) => ({ rise: { ms, n, startMs } })

function judge (rules: RulesOnly, atMs: number, rows: unknown[] = [], listeningMs = 0) {
  return rules.judge({ atMs, listeningMs, seen: rows.length === 0 ? {} : { repeated_crashes: { a: rows } } }).map(({ from, to, closed, incident }) => ({ move: `${from}>${to}`, closed, incident }))
}

t.test('the common one is named, each crash counts once', async (t) => {
  const rules = new RulesOnly(['repeated_crashes'])
  t.same(judge(rules, t0 + minute, [report(t0), rise(t0 + 30_000, 1)]), [])
  t.same(judge(rules, t0 + 2 * minute, [report(t0), rise(t0 + 90_000, 1, t0 + 40_000)]), [], 'the same again, and the same start told by another report')
  t.match(judge(rules, t0 + hour, [report(t0 + 40 * minute, 'SIGABRT'), report(t0 + 50 * minute)]), [
    { move: 'clear>open', incident: { startedMs: t0, finding: { severity: 'major', cause: /crashed 3 times.*Most often: SIGSEGV/, evidence: { signal: 'SIGSEGV' } } } },
  ])
  t.match(judge(rules, t0 + 2 * hour, [rise(t0 + 2 * hour, 2)]), [{ move: 'open>open', incident: { finding: { severity: 'critical', evidence: { crashes: 5 } } } }])
})

t.test('a rise beyond the reports near it is further crashes', async (t) => {
  const rules = new RulesOnly(['repeated_crashes'])
  t.match(judge(rules, t0 + 5 * minute, [report(t0), rise(t0 + 4 * minute, 2)]), [{ move: 'clear>open', incident: { finding: { evidence: { crashes: 2 } } } }])
})

t.test('a crash whose clock is ahead counts when its time has come', async (t) => {
  const rules = new RulesOnly(['repeated_crashes'])
  t.same(judge(rules, t0, [report(t0), report(t0 + 3 * minute)]), [])
  t.match(judge(rules, t0 + 3 * minute), [{ move: 'clear>open' }])
})

t.test('it closes a week after the last crash, by time alone; a jump of the clock closes nothing', async (t) => {
  const rules = new RulesOnly(['repeated_crashes'])
  judge(rules, t0 + hour, [report(t0), report(t0 + hour)])
  t.match(judge(rules, t0 + 25 * hour), [{ move: 'open>closing' }])
  const jumpMs = t0 + 8 * day
  t.same(judge(rules, jumpMs, [], jumpMs), [], 'just jumped there')
  t.same(judge(rules, t0 + 26 * hour, [], t0 + 26 * hour), [], 'and back')
  t.same(judge(rules, t0 + 7 * day), [])
  t.match(judge(rules, t0 + 8 * day + hour), [{ move: 'closing>closed', closed: { endedMs: t0 + hour, resolution: 'recovered' } }])
})

t.test('crashes of a closed incident do not count again, old ones are forgotten', async (t) => {
  const rules = new RulesOnly(['repeated_crashes'])
  judge(rules, t0 + hour, [report(t0), report(t0 + hour)])
  const open = rules.states.state('repeated_crashes', 'a')!
  rules.states.set('repeated_crashes', 'a', { ...open, phase: 'clear', incident: null, afterMs: t0 + 2 * hour })
  t.same(judge(rules, t0 + 4 * hour, [report(t0 + 3 * hour)]), [])
  t.match(judge(rules, t0 + 6 * hour, [report(t0 + 5 * hour)]), [{ move: 'clear>open', incident: { startedMs: t0 + 3 * hour } }])
  const other = new RulesOnly(['repeated_crashes'])
  judge(other, t0, [report(t0)])
  t.same(judge(other, t0 + 7 * day), [])
  t.equal(other.states.state('repeated_crashes', 'a'), undefined)
})
