import t, { type Test } from 'tap'
import type { Pool } from 'pg'
import { createEngine, type Engine } from '../../src/rules/engine.js'
import type { ActiveRule } from '../../src/rules/judge-slot.js'
import { createTestDatabase } from '../support/database.js'
import { settingsWith, simpleActive } from '../support/simple-rule.js'

const t0 = Date.parse('2026-11-01T00:00:00Z')
const intervalMs = 10_000
const { pool } = await createTestDatabase(t)

const silent = { warn: () => {}, error: () => {} }

function makeEngine (instance: string, rules: ActiveRule[] = [simpleActive]): Engine {
  return createEngine({ pool, settings: settingsWith(rules), instance, intervalMs, delayMs: 5000, log: silent })
}

/** A window of path a>b that was sent and arrived that many seconds after the start. */
async function store (loss: number, second: number, dst = 'b'): Promise<void> {
  const at = new Date(t0 + second * 1000).toISOString()
  await pool.query('insert into path_probe (time, received_at, src, dst, peer, route, loss_pct, window_s) values ($1, $1, $2, $3, $3, $4, $5, 5)', [at, 'a', dst, JSON.stringify(['a', dst]), loss])
}

interface Issue { id: string, state: string, severity: string, resolution: string | null, started_at: string, ended_at: string | null }

async function issues (db: Pool = pool): Promise<Issue[]> {
  const { rows } = await db.query<Issue>('select id, state, severity, resolution, started_at, ended_at from incidents order by started_at')
  return rows
}

async function journal (): Promise<string[]> {
  const { rows } = await pool.query<{ from_state: string, to_state: string }>('select from_state, to_state from incident_journal where incident_id is not null order by id')
  return rows.map(({ from_state: from, to_state: to }) => `${from}>${to}`)
}

async function judgeAll (engine: Engine, fromS: number, toS: number): Promise<void> {
  for (let second = fromS; second <= toS; second += 10) await engine.judge(t0 + second * 1000)
}

async function empty (): Promise<void> {
  await pool.query('truncate incidents, incident_journal, rule_state, rule_cursor, rule_evaluation, engine_slot, outbox; delete from path_probe')
}

function scene (name: string, body: (t: Test) => Promise<void>): void {
  t.test(name, async (t) => {
    await empty()
    await body(t)
  })
}

scene('an incident opens, follows the data, begins to close, comes back, and closes', async (t) => {
  const engine = makeEngine('one')
  await store(5, 1)
  await judgeAll(engine, 10, 20)
  t.match(await issues(), [{ state: 'open', severity: 'minor', started_at: '2026-11-01T00:00:01Z' }])
  await store(50, 21)
  await judgeAll(engine, 30, 30)
  t.match(await issues(), [{ state: 'open', severity: 'critical' }])
  await store(0, 31)
  await judgeAll(engine, 40, 40)
  t.match(await issues(), [{ state: 'closing', severity: 'critical' }])
  await store(3, 41)
  await judgeAll(engine, 50, 50)
  t.match(await issues(), [{ state: 'open', severity: 'critical' }])
  for (const second of [51, 91, 131]) await store(0, second)
  await judgeAll(engine, 60, 140)
  t.match(await issues(), [{ state: 'closed', resolution: 'recovered', ended_at: '2026-11-01T00:00:51Z' }])
  t.same(await journal(), ['clear>open', 'open>open', 'open>closing', 'closing>open', 'open>closing', 'closing>closed'])
})

scene('a restart at any slot changes nothing', async (t) => {
  const rows: Array<[number, number]> = [[5, 1], [0, 21], [3, 41], [0, 61], [0, 101], [0, 141], [9, 161]]
  for (const [loss, second] of rows) await store(loss, second)
  await judgeAll(makeEngine('one'), 10, 180)
  const [once, course] = [await issues(), await journal()]
  await pool.query('truncate incidents, incident_journal, rule_state, rule_cursor, engine_slot')
  // Claims of an engine that is gone are a while old by then.
  for (let second = 10; second <= 180; second += 10) await makeEngine(`at ${second}`).judge(t0 + second * 1000)
  t.equal(once.length, 2)
  t.same(await issues(), once)
  t.same(await journal(), course)
})

scene('of two engines one judges a slot, and the other goes on when the first is gone', async (t) => {
  const [one, two] = [makeEngine('one'), makeEngine('two')]
  await store(5, 1)
  const reports = await Promise.all([one.judge(t0 + 10_000), two.judge(t0 + 10_000)])
  t.same(reports.map(({ refused }) => refused).toSorted(), [null, 'taken'].toSorted())
  t.equal((await issues()).length, 1)
  t.equal((await two.judge(t0 + 20_000)).refused, null)
  await store(0, 22)
  t.equal((await one.judge(t0 + 30_000)).refused, null)
  t.match(await issues(), [{ state: 'closing' }], 'what the other one opened goes on')
})

scene('a claim that is at work is left alone; one that was abandoned is taken over and nothing is lost', async (t) => {
  await store(5, 1)
  await pool.query("insert into engine_slot (slot, claimed_by, claimed_at) values ($1, 'dead', clock_timestamp())", [new Date(t0 + 10_000).toISOString()])
  const engine = makeEngine('one')
  t.equal((await engine.judge(t0 + 20_000)).refused, 'busy')
  await pool.query("update engine_slot set claimed_at = clock_timestamp() - interval '9 seconds'")
  t.equal((await engine.judge(t0 + 30_000)).refused, null)
  t.equal((await issues()).length, 1, 'the row that arrived before the killed slot was judged')
})

scene('who lost its claim writes nothing', async (t) => {
  await store(5, 1)
  const stolen: ActiveRule = {
    ...simpleActive,
    rule: {
      ...simpleActive.rule,
      observe (slots, watched, settings) {
        const statement = simpleActive.rule.observe?.(slots, watched, settings)
        if (!statement) throw new Error('no statement')
        return { ...statement, text: `with theft as (update engine_slot set claimed_by = 'thief') ${statement.text}` }
      },
    },
  }
  t.equal((await makeEngine('one', [stolen]).judge(t0 + 10_000)).refused, 'lost')
  t.same(await issues(), [])
  t.same((await pool.query('select from rule_state')).rowCount, 0)
})

scene('a rule that fails changes nothing, stops no other, is reported, and sees the same rows later', async (t) => {
  let fails = true
  const failing: ActiveRule = {
    ...simpleActive,
    rule: {
      ...simpleActive.rule,
      name: 'jitter_burst',
      observe: (slots, watched, settings) => fails ? { text: 'select 1 / 0', values: [] } : simpleActive.rule.observe?.(slots, watched, settings) ?? { text: '', values: [] },
    },
  }
  const engine = makeEngine('one', [failing, simpleActive])
  await store(5, 1)
  const report = await engine.judge(t0 + 10_000)
  t.match(report, { refused: null, evaluations: [{ rule: 'jitter_burst', error: 'division by zero' }, { rule: 'loss_spike', error: null, matches: 1 }] })
  t.equal((await issues()).length, 1)
  fails = false
  await engine.judge(t0 + 20_000)
  t.equal((await issues()).length, 2)
  const { rows } = await pool.query('select rule, rows, matches, error from rule_evaluation order by slot, rule')
  t.match(rows, [{ error: 'division by zero' }, { rows: 1, matches: 1 }, { rule: 'jitter_burst', rows: 1, matches: 1, error: null }, { rows: 0 }])
})

scene('what a person closed stays closed, and newer rows open a new one', async (t) => {
  const engine = makeEngine('one')
  await store(5, 1)
  await judgeAll(engine, 10, 10)
  await pool.query("update incidents set state = 'closed', resolution = 'manual', ended_at = $1", [new Date(t0 + 12_000).toISOString()])
  await store(5, 11.5)
  await judgeAll(engine, 20, 20)
  t.equal((await issues()).length, 1, 'a row before the closing does not count')
  await store(5, 21)
  await judgeAll(engine, 30, 30)
  t.match(await issues(), [{ state: 'closed', resolution: 'manual' }, { state: 'open', started_at: '2026-11-01T00:00:21Z' }])
})

scene('a rule switched off closes what it has open, as manual', async (t) => {
  const engine = makeEngine('one')
  await store(5, 1)
  await judgeAll(engine, 10, 10)
  engine.use(settingsWith([]))
  await judgeAll(engine, 20, 20)
  t.match(await issues(), [{ state: 'closed', resolution: 'manual' }])
  t.same((await pool.query('select from rule_state')).rowCount, 0)
})

scene('the clock forward a day and back opens nothing and closes nothing', async (t) => {
  const engine = makeEngine('one')
  await store(5, 1)
  await judgeAll(engine, 10, 20)
  await judgeAll(engine, 86_420, 86_440)
  t.match(await issues(), [{ state: 'open' }], 'a day that nobody judged is no day without data')
  t.match(await engine.judge(t0 + 86_440_000 - 3_600_000), { refused: 'clock_behind' }, 'an hour back: waits')
  t.match(await engine.judge(t0 + 30_000), { refused: null }, 'a day back: the clock was wrong before')
  await store(0, 31)
  await judgeAll(engine, 40, 40)
  t.match(await issues(), [{ state: 'closing' }])
})

scene('names of any kind', async (t) => {
  const names = ['a--b>c', '-->', '"\'<script>', '😀,@%', 'x'.repeat(128)]
  for (const name of names) await store(5, 1, name)
  await judgeAll(makeEngine('one'), 10, 10)
  const { rows } = await pool.query<{ dst: string }>("select scope ->> 'dst' as dst from incidents")
  t.same(rows.map(({ dst }) => dst).toSorted(), names.toSorted())
})

scene('fifty slots of evaluations are kept', async (t) => {
  await judgeAll(makeEngine('one'), 10, 600)
  const { rows: [kept] } = await pool.query('select count(*)::int as n, max(slot) as newest from rule_evaluation')
  t.same(kept, { n: 50, newest: '2026-11-01T00:10:00Z' })
})
