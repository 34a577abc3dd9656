import t from 'tap'
import { checkAgentClocks, checkDatabaseClock } from '../../../src/doctor/installation/clocks.js'
import { checkSchema, checkVersions } from '../../../src/doctor/installation/database.js'
import { checkEngine, checkIssues } from '../../../src/doctor/installation/engine.js'
import { checkNotifications } from '../../../src/doctor/installation/notifications.js'
import { checkArrivals, checkDataQuality, checkLocations, checkRejected } from '../../../src/doctor/installation/quality.js'
import { checkQueries } from '../../../src/doctor/installation/queries.js'
import { markRestoring, unmarkRestoring } from '../../../src/database/restoring.js'
import { insert } from '../../support/api.js'
import { createTestDatabase } from '../../support/database.js'
import { storeProbes } from '../../support/rows.js'

const { pool, isEmbedded } = await createTestDatabase(t, { edition: 'community' })
t.beforeEach(() => pool.query('delete from path_probe; delete from nodes; delete from incidents; delete from rejected_messages; delete from rule_evaluation; delete from engine_slot; delete from outbox; delete from notifications'))

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()
const url = 'http://127.0.0.1:8080'

t.test('versions, and a database of the other edition', async (t) => {
  t.match(await checkVersions(pool, { isEmbedded }), [{ check: 'database', state: /ok|warning/, text: /^PostgreSQL \d+\.\d+.*, TimescaleDB 2\.\d+.*, community edition, / }])
  await pool.query("update meta set value = 'apache' where key = 'edition'")
  t.match(await checkVersions(pool, { isEmbedded }), [{ check: 'edition', state: 'problem', text: /made for the apache edition, but the server runs the community edition/, remedy: [/meshmon copy --from/] }])
  await pool.query("update meta set value = 'community' where key = 'edition'")
})

t.test('a schema that is current, old, newer, or half restored', async (t) => {
  t.same(await checkSchema(pool), { check: 'schema', state: 'ok', text: 'current' })
  const { rows: [last] } = await pool.query('delete from schema_migrations where id = (select max(id) from schema_migrations) returning name, run_on')
  t.match(await checkSchema(pool), { state: 'problem', text: `1 migrations have not run: ${last.name}`, remedy: [/meshmon migrate$/, /start/] })
  await pool.query('insert into schema_migrations (name, run_on) values ($1, $2), ($3, $2)', [last.name, last.run_on, '9999_later'])
  t.match(await checkSchema(pool), { state: 'problem', text: /newer version of meshmon made this database \(9999_later\)/, remedy: [/upgrading/] })
  await pool.query("delete from schema_migrations where name = '9999_later'")
  await markRestoring(pool)
  t.match(await checkSchema(pool), { state: 'problem', text: /restore .* interrupted/, remedy: [/meshmon restore/] })
  await unmarkRestoring(pool)
})

t.test('this computer\'s clock against the database\'s', async (t) => {
  t.match(await checkDatabaseClock(pool, Date.now), { check: 'clock', state: 'ok' })
  t.match(await checkDatabaseClock(pool, () => Date.now() + 10_000), { state: 'warning', text: /^this computer is (9|10)\.\d s ahead of the database$/ })
  t.match(await checkDatabaseClock(pool, () => Date.now() - 100_000), { state: 'problem', text: /s behind the database/, remedy: [/timedatectl/] })
})

t.test('agents\' clocks: one wrong, most of them', async (t) => {
  t.match(await checkAgentClocks(pool), { state: 'ok', text: 'no agent has sent a time within the hour' })
  await storeProbes(pool, ['node-A', 'node-B', 'node-C'].map((src) => ({ age: '0 s', src })))
  const skew = (where: string, by: string) => pool.query(`update path_probe set received_at = now(), sent_at = now() - interval '${by}' where ${where}`)
  await skew('true', '1 second')
  t.match(await checkAgentClocks(pool), { check: 'agents\' clocks', state: 'ok', text: '3 agents agree with this computer' })
  await skew("src = 'node-B'", '20 minutes')
  t.match(await checkAgentClocks(pool), { check: 'agents\' clocks', state: 'warning', text: '1 of 3 are wrong: node-B (20 min slow)', remedy: [/NTP/] })
  await skew("src = 'node-C'", '-2 minutes')
  t.match(await checkAgentClocks(pool), { state: 'warning', text: '2 of 3 are wrong: node-B (20 min slow), node-C (2 min fast)' })
  await skew('true', '20 minutes')
  t.match(await checkAgentClocks(pool), { check: 'clock', state: 'problem', text: '3 of 3 agents say that this computer\'s clock is 20 min ahead' })
})

t.test('the engine: never, well, stopped, hanging, missing slots, failing', async (t) => {
  const look = () => checkEngine(pool, { intervalS: 10 })
  t.match(await look(), [{ check: 'engine', state: 'problem', text: 'no rule was ever judged', remedy: [/make start/] }])
  const slot = { slot: ago(5), claimed_by: 'x', claimed_at: ago(5), finished_at: ago(4) }
  await insert(pool, 'engine_slot', [slot])
  const evaluations = [50, 40, 30, 20, 10].map((seconds) => ({ rule: 'loss_spike', slot: ago(seconds), ms: 7, rows: 1, matches: 0 }))
  await insert(pool, 'rule_evaluation', evaluations)
  t.match(await look(), [{ state: 'ok', text: /judged less than a minute ago; one evaluation takes 7 ms$/ }])
  await pool.query('update engine_slot set claimed_at = $1', [ago(3600)])
  t.match(await look(), [{ state: 'problem', text: /^the rules were judged last 1 h ago$/, remedy: [/make start/, /logs/] }])
  await pool.query('update engine_slot set finished_at = null')
  t.match(await look(), [{ state: 'problem', text: /begun 1 h ago and not finished$/ }])
  await pool.query('update engine_slot set claimed_at = $1, finished_at = $1', [ago(5)])
  await pool.query('delete from rule_evaluation where slot = $1', [evaluations[2]?.slot])
  t.match(await look(), [{ state: 'warning', text: /^1 evaluations were missed within .* 7 ms of 10 s$/ }])
  await pool.query('update rule_evaluation set ms = 9000')
  t.match(await look(), [{ state: 'warning', remedy: [/./, /ENGINE_INTERVAL_S=30/] }])
  await insert(pool, 'rule_evaluation', [{ rule: 'node_silent', slot: ago(30), ms: 1, rows: 0, matches: 0, error: 'no such column' }, { rule: 'node_overload', slot: ago(20), ms: 1, rows: 0, matches: 0, error: 'once' }, { rule: 'node_overload', slot: ago(10), ms: 1, rows: 0, matches: 0 }])
  t.match((await look()).filter(({ state }) => state === 'problem'), [{ text: 'rule node_silent fails: no such column', remedy: [/meshmon rules show/, /report/] }], 'one that failed once and is well again is no problem')
})

t.test('no issues: nothing measured, nothing bad, times that do not count', async (t) => {
  t.match(await checkIssues(pool), { check: 'issues', state: 'ok', text: /no path was measured within the hour/ })
  await storeProbes(pool, [{ age: '0 s', jitter: 12.34, loss: 0.5 }, { age: '1 minute', jitter: 3, loss: 0, timingUsable: true }])
  t.match(await checkIssues(pool), { state: 'ok', text: /^0 open, 0 opened within a day; worst of 2 windows of the last hour: jitter 12\.3 ms, loss 0\.5 %$/, remedy: [/meshmon rules show/, /meshmon replay/] })
  await pool.query('update path_probe set timing_usable = false')
  t.match(await checkIssues(pool), { state: 'warning', text: /jitter unknown, loss 0\.5 %; none of their times can be used/, remedy: [/./, /NETWORK_STATUS_TIMING/] })
})

const incident = (more: object) => ({ id: 'a', kind: 'clock_skew', category: 'data_quality', subject: 'node-B', scope: { type: 'node', node: 'node-B' }, state: 'open', severity: 'minor', impact: {}, cause: 'The clock of node-B is slow.', next_steps: ['Set it'], started_at: ago(99), opened_at: ago(9), ...more })

t.test('what the rules say of the data', async (t) => {
  t.match(await checkDataQuality(pool), [{ check: 'data', state: 'ok' }])
  await insert(pool, 'incidents', [incident({}), incident({ id: 'b', subject: 'node-C', category: 'network' }), incident({ id: 'c', subject: 'node-D', state: 'closed', ended_at: ago(1), resolution: 'recovered' })])
  t.match(await checkDataQuality(pool), [{ state: 'warning', text: 'clock_skew of node-B: The clock of node-B is slow.', remedy: ['Set it'] }])
  await insert(pool, 'incidents', Array.from({ length: 6 }, (_, i) => incident({ id: `m${i}`, subject: `node-${i}`, kind: 'collector_blind' })))
  const many = await checkDataQuality(pool)
  t.equal(many.length, 6)
  t.match(many.at(-1), { text: 'and 2 more', remedy: [/meshmon sql/] })
  t.match(await checkIssues(pool), { text: /^8 open, 9 opened/, remedy: undefined }, 'who has issues needs no thresholds')
})

t.test('people who are not told', async (t) => {
  const look = () => checkNotifications(pool, { targets: 1, url })
  t.match(await checkNotifications(pool, { targets: 0, url }), [{ check: 'notifications', state: 'ok', text: /nobody is told .* NOTIFY_URLS/ }])
  t.match(await look(), [{ state: 'ok', text: '1 targets, nothing is stuck' }])
  const told = { key: 'k', target: 'http://host/…', event: 'opened', payload: {}, created_at: ago(100), due_at: ago(50), expires_at: ago(-9999) }
  await insert(pool, 'notifications', [{ ...told, sent_at: ago(1) }, { ...told, key: 'w', attempts: 2, error: 'answered 500' }])
  t.match(await look(), [{ state: 'warning', text: '1 messages to http://host/… are tried again: answered 500', remedy: [/meshmon notify test/] }])
  await insert(pool, 'notifications', [{ ...told, key: 'd', failed_at: ago(60), error: 'answered 404' }, { ...told, key: 'old', failed_at: ago(9 * 86_400), error: 'long ago' }])
  t.match(await look(), [{ state: 'problem', text: '1 messages to http://host/… were given up within a week: answered 404', remedy: [/./, /curl -X POST http:\S+\/notifications\/\d+\/retry$/] }, { state: 'warning' }])
  await insert(pool, 'outbox', [{ key: 'o', incident_id: 'a', event: 'opened', at: ago(5000), due_at: ago(4000) }])
  t.match((await look())[0], { state: 'problem', text: /^1 changes of issues wait/ })
})

const node = (name: string, more: object = {}) => ({ name, kind: 'router', first_seen: ago(9999), last_seen: ago(60), lat: 47, lon: 8, ...more })

t.test('what arrives, and from where', async (t) => {
  t.match(await checkArrivals(pool, { url }), { check: 'measurements', state: 'warning', text: 'nothing has ever arrived', remedy: [/readyz$/, /ingest/, /meshmon aredn$/] })
  t.match(await checkLocations(pool), { check: 'locations', state: 'ok' })
  await insert(pool, 'nodes', [node('node-A'), node('node-B', { lat: null, lon: null, info: { grid_square: 'JN47' } })])
  t.match(await checkArrivals(pool, { url }), { state: 'ok', text: '2 nodes have sent within the hour' })
  t.match(await checkLocations(pool), { state: 'ok' })
  await insert(pool, 'nodes', [node('node-C', { lat: null, lon: null }), node('node-D', { lat: null, last_seen: ago(99_999) }), node('Base', { kind: 'companion', lat: null })])
  t.match(await checkLocations(pool), { state: 'warning', text: /^1 nodes have none, .*: node-C$/, remedy: [/sysinfo/, /meshmon aredn/] })
  await pool.query('update nodes set last_seen = $1', [ago(7200)])
  t.match(await checkArrivals(pool, { url }), { state: 'problem', text: 'nothing has arrived for 2 h' })
})

t.test('messages that were refused, by reason', async (t) => {
  t.match(await checkRejected(pool, { url }), { check: 'rejected messages', state: 'ok' })
  const refused = (reason: string, address: string, seconds: number) => ({ reason, address, received_at: ago(seconds), body: '{' })
  await insert(pool, 'rejected_messages', [refused('not JSON', '10.0.0.1', 5), refused('not JSON', '10.0.0.2', 6), refused('src is missing', '10.0.0.3', 7), refused('old', '10.0.0.3', 99_999)])
  t.match(await checkRejected(pool, { url }), { state: 'warning', text: 'within a day 2 x "not JSON" from 2 senders; 1 x "src is missing" from 10.0.0.3', remedy: [/\/rejected\?limit=5/, /./] })
})

t.test('what makes queries slow', async (t) => {
  t.match(await checkQueries(pool), [{ check: 'queries', state: 'ok' }])
  await pool.query("update pg_index set indisvalid = false where indexrelid = 'nodes_key'::regclass")
  t.match(await checkQueries(pool), [{ state: 'problem', text: /^the index nodes_key is not valid/, remedy: [/reindex index nodes_key"$/] }])
  await pool.query("update pg_index set indisvalid = true where indexrelid = 'nodes_key'::regclass")
})
