import t from 'tap'
import { ago, closed, incident, insert, startTestApi } from '../support/api.js'

let unknownAfterS = 1800
const { get, pool } = await startTestApi(t, { engine: { healthUnknownAfterS: () => unknownAfterS } })
const node = (name: string, lastS: number, more = {}) => ({ name, kind: 'router', first_seen: ago(lastS + 1000), last_seen: ago(lastS), ...more })

t.test('nothing is known of an empty database', async (t) => {
  t.same((await get('/health')).body, { state: 'unknown', open: { critical: 0, major: 0, minor: 0 }, nodes: { active: 0, inactive: 0, dead: 0 } })
})

t.test('what is open colours it, and only what counts', async (t) => {
  await insert(pool, 'nodes', [node('a', 60), node('b', 3600), node('c', 100_000), node('gone', 60, { retired_at: ago(5) })])
  t.same((await get('/health')).body, { state: 'green', open: { critical: 0, major: 0, minor: 0 }, nodes: { active: 1, inactive: 1, dead: 1 } })
  await insert(pool, 'incidents', [
    incident('1', 60, { severity: 'critical', stale: true }), incident('2', 60, { severity: 'critical', in_maintenance: true }), incident('3', 60, { severity: 'critical', ack: { by: 'a' } }),
    incident('4', 60, { severity: 'critical', category: 'data_quality' }), incident('5', 60, { severity: 'critical', ...closed(1) }),
  ])
  t.match((await get('/health')).body, { state: 'green', open: { critical: 0 } })
  await insert(pool, 'incidents', [incident('6', 60, { severity: 'minor' }), incident('7', 60, { state: 'closing' })])
  t.match((await get('/health')).body, { state: 'yellow', open: { critical: 0, major: 1, minor: 1 } })
  await insert(pool, 'incidents', [incident('8', 60, { severity: 'critical' })])
  t.match((await get('/health')).body, { state: 'red', open: { critical: 1, major: 1, minor: 1 } })
})

t.test('it is unknown when no node that is due is heard', async (t) => {
  const stateWith = async (...nodes: object[]) => {
    await pool.query('delete from nodes')
    await insert(pool, 'nodes', nodes as Record<string, unknown>[])
    return (await get('/health')).body.state
  }
  t.equal(await stateWith(node('a', 1799)), 'green')
  t.equal(await stateWith(node('a', 1801)), 'unknown')
  t.equal(await stateWith(node('a', 90_000, { last_time: ago(60) })), 'green', 'a message that came from ahead counts until its time')
  t.equal(await stateWith(node('a', 1801, { usual_gap_s: 40 }), node('slow', 7200, { usual_gap_s: 14_400 })), 'unknown', 'the slow one is not due')
  t.equal(await stateWith(node('slow', 7200, { usual_gap_s: 14_400 })), 'green')
  t.equal(await stateWith(node('slow', 7200, { usual_gap_s: 14_400 }), node('long dead', 90_000, { usual_gap_s: 40 })), 'green')
  t.equal(await stateWith(node('slow', 50_000, { usual_gap_s: 14_400 })), 'unknown')
  t.equal(await stateWith(node('pinned', 0, { last_seen: 'epoch', pinned: true })), 'unknown')
  unknownAfterS = 3600
  t.equal(await stateWith(node('a', 1801)), 'green', 'the time is a setting')
  unknownAfterS = 1800
})

t.test('/healthz tells of the engine', async (t) => {
  t.match((await get('/healthz')).body, { ok: true, engine: { last_slot: null, last_evaluation: null, error: null } })
})
