import t from 'tap'
import { createTestDatabase } from '../support/database.js'

const { pool } = await createTestDatabase(t)

async function batPct (mv: number | null, chemistry: string | null = 'liion', cells: number | null = 1): Promise<number | null> {
  const { rows: [row] } = await pool.query('select round(bat_pct($1, $2, $3)::numeric, 6)::float8 as pct', [mv, chemistry, cells])
  return row.pct
}

t.test('the points of the Li-ion curve, and half way between them', async (t) => {
  const curve = [[3000, 0], [3450, 5], [3680, 10], [3740, 20], [3770, 30], [3790, 40], [3820, 50], [3870, 60], [3920, 70], [3980, 80], [4060, 90], [4200, 100]] as const
  for (const [place, [mv, pct]] of curve.entries()) {
    t.equal(await batPct(mv), pct, `${mv} mV`)
    const next = curve[place + 1]
    if (next) t.equal(await batPct((mv + next[0]) / 2), (pct + next[1]) / 2, `between ${mv} and ${next[0]} mV`)
  }
  t.equal(await batPct(3830), 52)
})

t.test('beyond its ends a curve is flat', async (t) => {
  t.equal(await batPct(2500), 0)
  t.equal(await batPct(4350), 100)
})

t.test('chemistries and cells', async (t) => {
  t.equal(await batPct(3870, 'lipo'), 60)
  t.equal(await batPct(3260, 'lifepo4'), 50)
  t.equal(await batPct(13_160, 'LiFePO4', 4), 70, 'four in series: 12 V')
  t.equal(await batPct(7740, 'liion', 2), 60)
})

t.test('what is not known gives null', async (t) => {
  t.equal(await batPct(null), null)
  t.equal(await batPct(3870, null), null)
  t.equal(await batPct(3870, 'liion', null), null)
  t.equal(await batPct(3870, 'coal'), null)
  t.equal(await batPct(3870, 'liion', 0), null)
})
