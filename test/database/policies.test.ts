import t from 'tap'
import { applyPolicies } from '../../src/database/policies.js'
import { createTestDatabase } from '../support/database.js'
import { choice } from '../support/edition.js'
import { defaultRetention } from '../support/settings.js'

t.test('policies of the Community edition', { skip: choice().edition === 'apache' && 'the Apache edition has no policies' }, async (t) => {
  const { pool } = await createTestDatabase(t)

  async function policiesOf (relation: string): Promise<Record<string, string>> {
    const { rows } = await pool.query(`
      select proc_name, coalesce(config->>'drop_after', config->>'compress_after', config->>'start_offset') as after
      from timescaledb_information.jobs j left join timescaledb_information.continuous_aggregates a
        on j.hypertable_name in (a.view_name, a.materialization_hypertable_name)
      where coalesce(a.view_name, j.hypertable_name) = $1`, [relation])
    return Object.fromEntries(rows.map(({ proc_name: name, after }) => [String(name).replace('policy_', ''), after]))
  }

  const hourlyDefaults = { refresh_continuous_aggregate: '89 days', compression: '90 days', retention: '365 days' }

  t.test('the defaults are what the migrations made', async (t) => {
    t.same(await applyPolicies(pool, defaultRetention), [])
    t.same(await policiesOf('path_probe'), { compression: '7 days', retention: '90 days' })
    t.same(await policiesOf('path_probe_hourly'), hourlyDefaults)
    t.same(await policiesOf('path_probe_daily'), { refresh_continuous_aggregate: '89 days', compression: '90 days' })
    t.same(await policiesOf('radio_metrics'), { compression: '7 days' })
  })

  t.test('a setting changes the policies it governs, once', async (t) => {
    const settings = { ...defaultRetention, RETENTION_RAW: '30 days', COMPRESS_AFTER: '2 days', RETENTION_CRASHES: '100 days' }
    const changed = await applyPolicies(pool, settings)
    t.ok(changed.includes('retention of path_probe: 90 days -> 30 days'))
    t.notOk(changed.some((line) => line.includes('radio_metrics_daily')))
    t.same(await policiesOf('path_probe'), { compression: '2 days', retention: '30 days' })
    t.same(await policiesOf('crash_reports'), { retention: '100 days' })
    t.same(await policiesOf('path_probe_hourly'), { ...hourlyDefaults, refresh_continuous_aggregate: '29 days', compression: '30 days' },
      'a refresh never reaches further back than the raw rows less one day')
    t.same(await applyPolicies(pool, settings), [])
  })

  t.test('forever takes a policy away, an age brings it back', async (t) => {
    await applyPolicies(pool, { ...defaultRetention, RETENTION_RAW: 'forever', RETENTION_DAILY: '1000 days', COMPRESS_AFTER: 'forever' })
    t.same(await policiesOf('path_probe'), {})
    t.same(await policiesOf('path_probe_hourly'), { refresh_continuous_aggregate: '364 days', retention: '365 days' })
    t.same(await policiesOf('path_probe_daily'), { refresh_continuous_aggregate: '364 days', retention: '1000 days' })
    await applyPolicies(pool, defaultRetention)
    t.same(await policiesOf('path_probe'), { compression: '7 days', retention: '90 days' })
    t.same(await policiesOf('path_probe_hourly'), hourlyDefaults)
    t.same(await policiesOf('path_probe_daily'), { refresh_continuous_aggregate: '89 days', compression: '90 days' })
  })

  t.test('a setting that is no age, or too short, is named', async (t) => {
    await t.rejects(applyPolicies(pool, { ...defaultRetention, RETENTION_HOURLY: 'long' }), /RETENTION_HOURLY is "long": write an interval/)
    await t.rejects(applyPolicies(pool, { ...defaultRetention, RETENTION_RAW: '1 day' }), /RETENTION_RAW is "1 day": at least 4 days/)
    t.same(await applyPolicies(pool, { ...defaultRetention, COMPRESS_AFTER: '7 days' }), [])
  })
})
