import { EventEmitter, once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/paths.js'
import { version } from '../../src/version.js'
import { startArednMesh } from '../support/aredn-mesh.js'
import { temporaryFolder } from '../support/embedded.js'
import { startFakeCollector } from '../support/fake-collector.js'
import { runMeshmon } from '../support/process.js'

const loopback = { MESHMON_CONFIG: '/dev/null', HOST: '127.0.0.1', AREDN_RANGES: '127.0.0.0/8' }

t.test('the worker: one seed, 30 nodes on loopback, readings at the collector, figures, SIGINT', async (t) => {
  const mesh = await startArednMesh(t, 30, (i, _, response) => {
    if (i % 10 === 0) response.end('<html>log in</html>')
    return i % 10 === 0
  })
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  const folder = temporaryFolder(t)
  const worker = runMeshmon(t, ['aredn'], {
    ...loopback, DATA_DIR: folder, COLLECTOR_URL: collector.url.href, METRICS_PORT: '0', AREDN_SEEDS: '127.0.1.1', AREDN_PORT: String(mesh.port), AREDN_STEP: '10', AREDN_EXCLUDE: 'hb9x-7',
  })
  const [, figures = ''] = await worker.printed(/figures at (http:\S+)\/metrics/)
  const nodes = () => new Set(collector.messages.map((message) => (message as { node: string }).node))
  await collector.waitFor(() => nodes().size === 26)
  t.match(collector.messages[0], { schema: 'meshmon.v1', type: 'aredn_sysinfo', node: 'HB9X-1', sent_at: /^\d{4}-.*Z$/, sysinfo: { api_version: '2.0', node: 'HB9X-1', lqm: {} } })

  const metrics = await (await fetch(`${figures}/metrics`)).text()
  for (const name of readFileSync(join(packageRoot, 'docs/aredn.md'), 'utf8').matchAll(/`(meshmon_(?:aredn|delivery)_\w+)/g)) t.match(metrics, `# TYPE ${name[1]} `)
  t.match(metrics, /^meshmon_aredn_nodes 29$/m)
  t.match(metrics, /^meshmon_aredn_nodes_reachable 26$/m)
  t.match(metrics, /^meshmon_aredn_readings_total\{outcome="answered"\} \d+$/m)
  t.match(metrics, /^meshmon_aredn_left_out_total\{reason="excluded"\} 1$/m)
  t.match(metrics, /^meshmon_aredn_bytes_total \d{4,}$/m)
  t.match(await (await fetch(`${figures}/healthz`)).json(), { version, nodes: { known: 29, reachable: 26 }, last_answer: /Z$/, collector: {} })

  t.equal(mesh.mostAtOnce(), 1)
  t.ok(mesh.asked.every(({ agent }) => agent === `meshmon/${version}`))
  t.notOk(mesh.asked.some(({ node }) => node === 'HB9X-7'))
  t.ok(mesh.asked.every(({ node, url }) => node === 'HB9X-1' || !url.includes('nodes=1')), 'only the seed is asked for the list')

  worker.child.kill('SIGINT')
  t.equal(await worker.ended, 0)
  t.match(worker.output(), 'stopped')
  t.ok(existsSync(join(folder, 'aredn', 'queue')))
})

t.test('SIGINT gives up what a silent node holds up', async (t) => {
  const asked = new EventEmitter()
  const mesh = await startArednMesh(t, 1, () => asked.emit('request'))
  const worker = runMeshmon(t, ['aredn'], { ...loopback, DATA_DIR: temporaryFolder(t), COLLECTOR_URL: 'http://127.0.0.1:9', AREDN_SEEDS: '127.0.1.1', AREDN_PORT: String(mesh.port) })
  await once(asked, 'request', { signal: AbortSignal.timeout(60_000) })
  worker.child.kill('SIGINT')
  t.equal(await worker.ended, 0)
  t.match(worker.output(), 'stopped')
  t.notMatch(worker.output(), 'does not answer', 'a reading given up is no failure of the node')
})

t.test('once: what was read and what it becomes', async (t) => {
  const mesh = await startArednMesh(t, 3, (i, _, response) => {
    if (i === 2) response.end('<html>log in</html>')
    if (i === 3) response.end(JSON.stringify({ api_version: '2.0', node: 'HB9X-3', node_details: {}, lqm: { info: { trackers: { a: { lq: 4000 } } } } }))
    return i > 1
  })
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const program = runMeshmon(t, ['aredn', 'once', ...args], { ...loopback, AREDN_PORT: String(mesh.port), ...env })
    return { code: await program.ended, output: program.output() }
  }
  const read = await run(['127.0.1.1'])
  t.equal(read.code, 0, read.output)
  t.match(read.output, /^HB9X-1 at 127\.0\.1\.1: hAP, firmware 4\.26\.1\.0; \d+ bytes\nup 1\.1 days, load 0\.1, 50\.0 MB free\n/)
  t.match(read.output, / hb9x-2 \| rf +\| +1 \| 0\.94 \| +256 \| +272 \| +\| +-71 \| +-91 \|/)
  t.match(read.output, /This becomes 2 rows: 0 paths, 1 links, 1 of the node's own health\./)
  const json = await run(['127.0.1.1', '--json'])
  t.match(JSON.parse(json.output), { address: '127.0.1.1', sysinfo: { node: 'HB9X-1' }, became: { type: 'aredn_sysinfo', rows: [{ table: 'hop_quality' }, { table: 'agent_health' }] } })

  t.match(await run(['127.0.1.2']), { code: 1, output: /127\.0\.1\.2 .*was not read: the answer is not JSON; is it an AREDN node\?/ })
  t.match(await run(['127.0.1.3']), { code: 1, output: /the collector would refuse:\n {2}\/sysinfo\/lqm/ })
  const before = mesh.asked.length
  t.match(await run(['127.0.1.1'], { AREDN_RANGES: '10.0.0.0/8' }), { code: 1, output: /no address in the ranges: 127\.0\.1\.1; AREDN_RANGES/ })
  t.equal(mesh.asked.length, before, 'nothing was sent')
  t.match(await run(['127.0.1.1'], { AREDN_RANGES: '10.0.0.0' }), { code: 2, output: /AREDN_RANGES: 10\.0\.0\.0 is no network/ })
  t.match(await run(['127.0.1.1'], { AREDN_STEP: '1', AREDN_INCLUDE: 'a b', AREDN_SEEDS: 'http://x/' }), { code: 2, output: /AREDN_SEEDS: must be names[\s\S]*AREDN_STEP[\s\S]*AREDN_INCLUDE: must be names/ })
})
