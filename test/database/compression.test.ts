import t from 'tap'
import { createTestDatabase } from '../support/database.js'
import { choice } from '../support/edition.js'
import { storeProbes } from '../support/rows.js'

t.test('compressed chunks', { skip: choice().edition === 'apache' && 'the Apache edition has no compression' }, async (t) => {
  const { pool } = await createTestDatabase(t)

  const ages = Array.from({ length: 500 }, (_, i) => `10 days ${i} minutes`)
  await storeProbes(pool, ages.flatMap((age) => [{ age }, { age, src: 'node-B' }]))
  await pool.query(`
    insert into hop_quality (time, src, dst, hop_index, from_node, to_node, link_type, lq)
    select time, src, dst, h, 'node-' || h, 'node-' || h + 1, 'rf', 0.9 from path_probe, generate_series(0, 2) h`)
  const sums = 'select (select count(*) from path_probe) as paths, (select sum(rtt_ms) from path_probe) as rtt, (select count(*) from hop_quality) as hops'
  const before = (await pool.query(sums)).rows
  await pool.query("select compress_chunk(c) from show_chunks('path_probe') c")
  await pool.query("select compress_chunk(c) from show_chunks('hop_quality') c")

  async function countCompressed (): Promise<number> {
    const { rows: [row] } = await pool.query("select count(*) as n from timescaledb_information.chunks where is_compressed and hypertable_name in ('path_probe', 'hop_quality')")
    return row.n
  }

  t.test('compressed chunks hold the same rows', async (t) => {
    t.ok(await countCompressed() >= 2)
    t.same((await pool.query(sums)).rows, before)
    t.match(before, [{ paths: 1000, hops: 3000 }])
  })

  t.test('a compressed chunk takes late rows and refuses duplicates', async (t) => {
    t.equal(await storeProbes(pool, [{ age: '10 days 7 minutes' }, { age: '10 days 7.5 minutes' }]), 1)
    t.equal(await storeProbes(pool, [{ age: '10 days 7.5 minutes', rtt: 99 }]), 0, 'a duplicate of the late row')
    const hop = `
      insert into hop_quality (time, src, dst, hop_index, from_node, to_node, link_type, lq)
      select time, src, dst, $1::integer, 'node-1', 'node-2', 'rf', 0.5 from path_probe where src = 'node-B' order by time limit 10
      on conflict do nothing`
    t.equal((await pool.query(hop, [1])).rowCount, 0)
    t.equal((await pool.query(hop, [7])).rowCount, 10)
    t.match((await pool.query(sums)).rows, [{ paths: 1001, hops: 3010 }])
  })

  t.test('a chunk with late rows can be compressed again', async (t) => {
    const compressed = await countCompressed()
    await pool.query("select compress_chunk(c, if_not_compressed => true) from show_chunks('path_probe') c")
    t.equal(await countCompressed(), compressed)
    t.match((await pool.query(sums)).rows, [{ paths: 1001 }])
    t.equal(await storeProbes(pool, [{ age: '10 days 7.5 minutes' }, { age: '10 days 7.6 minutes' }]), 1)
  })

  t.test('a compressed path_result takes less than 15 bytes', async (t) => {
    await pool.query('truncate path_probe')
    // 100 paths with a window every 40 s for a day, stamped in whole seconds, one decimal in the times and two in the loss, as agents write them.
    await pool.query(`
      insert into path_probe (time, received_at, src, dst, peer, route, rtt_ms, jitter_ms, loss_pct, window_s, neighbors_seen)
      select sent, sent + interval '0.2 s' + hashfloat8(k * 7 + p) % 200000 * interval '1 us', src, dst, dst, jsonb_build_array(src, 'node-' || p % 7, dst),
        round((20 + p + 5 * sin(k / 300.0) + hashfloat8(k + p * 3) % 40 / 10.0)::numeric, 1), round((3 + hashfloat8(k * 3 + p) % 30 / 10.0)::numeric, 1),
        round((abs(hashfloat8(k * 5 + p)) % 40 / 100.0)::numeric, 2), 5, 4
      from generate_series(0, 2159) k, generate_series(1, 100) p,
      lateral (select 'node-' || p % 40 as src, 'node-' || 40 + p as dst, time_bucket(interval '1 day', now()) - interval '10 days' + (k * 40 + p % 40) * interval '1 s' as sent) names`)
    await pool.query("select compress_chunk(c) from show_chunks('path_probe') c")
    const { rows: [size] } = await pool.query("select hypertable_size('path_probe') / (select count(*) from path_probe)::float8 as bytes")
    t.comment(`${size.bytes.toFixed(1)} bytes`)
    t.ok(size.bytes < 15)
  })
})
