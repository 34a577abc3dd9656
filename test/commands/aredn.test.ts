import { EventEmitter, once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/paths.js'
import { version } from '../../src/version.js'
import { makeWorld, startArednMesh } from '../support/aredn-mesh.js'
import { temporaryFolder } from '../support/embedded.js'
import { startFakeCollector } from '../support/fake-collector.js'
import { runMeshmon } from '../support/process.js'

const loopback = { MESHMON_CONFIG: '/dev/null', HOST: '127.0.0.1', AREDN_RANGES: '127.0.0.0/8' }

t.test('the worker: one seed, 30 nodes on loopback, readings at the collector, figures, SIGINT', async (t) => {
  const mesh = await startArednMesh(t, makeWorld({ nodes: 30, oldShare: 0.2, odd: ['html', 'html', 'cut_off', 'redirect'] }))
  const left = mesh.names.at(-1) ?? ''
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  const folder = temporaryFolder(t)
  const worker = runMeshmon(t, ['aredn'], {
    ...loopback, DATA_DIR: folder, COLLECTOR_URL: collector.url.href, METRICS_PORT: '0', AREDN_SEEDS: mesh.address, AREDN_PORT: String(mesh.port), AREDN_STEP: '10', AREDN_EXCLUDE: left.toLowerCase(),
  })
  const [, figures = ''] = await worker.printed(/figures at (http:\S+)\/metrics/)
  const nodes = () => new Set(collector.messages.map((message) => (message as { node: string }).node))
  await collector.waitFor(() => nodes().size === 25)
  t.match(collector.messages[0], { schema: 'meshmon.v1', type: 'aredn_sysinfo', node: mesh.name, sent_at: /^\d{4}-.*Z$/, sysinfo: { api_version: '2.0', node: mesh.name, lqm: {} } })

  const metrics = await (await fetch(`${figures}/metrics`)).text()
  for (const name of readFileSync(join(packageRoot, 'docs/aredn.md'), 'utf8').matchAll(/`(meshmon_(?:aredn|delivery)_\w+)/g)) t.match(metrics, `# TYPE ${name[1]} `)
  t.match(metrics, /^meshmon_aredn_nodes 29$/m)
  t.match(metrics, /^meshmon_aredn_nodes_reachable 25$/m)
  t.match(metrics, /^meshmon_aredn_readings_total\{outcome="answered"\} \d+$/m)
  t.match(metrics, /^meshmon_aredn_left_out_total\{reason="excluded"\} 1$/m)
  t.match(metrics, /^meshmon_aredn_bytes_total \d{4,}$/m)
  t.match(await (await fetch(`${figures}/healthz`)).json(), { version, nodes: { known: 29, reachable: 25 }, last_answer: /Z$/, collector: {} })

  t.equal(mesh.mostAtOnce(), 1)
  t.ok(mesh.asked.every(({ agent }) => agent === `meshmon/${version}`))
  t.notOk(mesh.asked.some(({ name }) => name === left))
  t.ok(mesh.asked.every(({ name, url }) => name === mesh.name || !url.includes('nodes=1')), 'only the seed is asked for the list')

  worker.child.kill('SIGINT')
  t.equal(await worker.ended, 0)
  t.match(worker.output(), 'stopped')
  t.ok(existsSync(join(folder, 'aredn', 'queue')))

  collector.messages.length = 0
  const again = runMeshmon(t, ['aredn'], { ...loopback, DATA_DIR: folder, COLLECTOR_URL: collector.url.href, AREDN_SEEDS: '127.9.9.9', AREDN_PORT: String(mesh.port), AREDN_STEP: '10', AREDN_EXCLUDE: left.toLowerCase() })
  // Those that it knew; another of them may tell of the first one, which is no seed any more.
  await collector.waitFor(() => nodes().size >= 24)
  t.ok([...nodes()].every((name) => mesh.names.includes(name)), 'after a restart they are known without the seed')
  again.child.kill('SIGINT')
  t.equal(await again.ended, 0)
})

t.test('SIGINT gives up what a silent node holds up', async (t) => {
  const asked = new EventEmitter()
  const mesh = await startArednMesh(t, makeWorld({ nodes: 2 }), () => asked.emit('request'))
  const worker = runMeshmon(t, ['aredn'], { ...loopback, DATA_DIR: temporaryFolder(t), COLLECTOR_URL: 'http://127.0.0.1:9', AREDN_SEEDS: mesh.address, AREDN_PORT: String(mesh.port) })
  await once(asked, 'request', { signal: AbortSignal.timeout(60_000) })
  worker.child.kill('SIGINT')
  t.equal(await worker.ended, 0)
  t.match(worker.output(), 'stopped')
  t.notMatch(worker.output(), 'does not answer', 'a reading given up is no failure of the node')
})

t.test('once: what was read and what it becomes', async (t) => {
  const world = makeWorld({ nodes: 3, odd: ['html'] })
  const [odd = 0] = world.odd.keys()
  const mesh = await startArednMesh(t, world, (node, response) => {
    if (node === 0 || node === odd) return false
    response.end(JSON.stringify({ api_version: '2.0', node: world.nameOf(node, Date.now()), node_details: {}, lqm: { info: { trackers: { a: { lq: 4000 } } } } }))
    return true
  })
  const addressOf = (node: number) => world.addressOf(node, Date.now())
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const program = runMeshmon(t, ['aredn', 'once', ...args], { ...loopback, AREDN_PORT: String(mesh.port), ...env })
    return { code: await program.ended, output: program.output() }
  }
  const read = await run([mesh.address])
  t.equal(read.code, 0, read.output)
  t.ok(read.output.startsWith(`${mesh.name} at ${mesh.address}: `), read.output)
  t.match(read.output, /, firmware 4\.26\.7\.0; \d+ bytes\nup \d+\.\d days, load 0\.\d+, \d+\.\d MB free, at 47\.2682, 11\.3923\n/)
  t.match(read.output, / oe7q\S+ +\| rf +\| +0\.\d+ \| 0\.\d+ \| +\d{3} \| +\d{3} \| +\d\S* \| +-\d\d \| +-\d\d \|/)
  t.match(read.output, /This becomes (\d+) rows: \d+ paths, \d+ links, 1 of the node's own health\./)
  const json = await run([mesh.address, '--json'])
  t.match(JSON.parse(json.output), { address: mesh.address, sysinfo: { node: mesh.name }, became: { type: 'aredn_sysinfo', rows: [{ table: 'path_probe' }] } })

  t.match(await run([addressOf(odd)]), { code: 1, output: /127\.47\.0\.\d .*was not read: the answer is not JSON; is it an AREDN node\?/ })
  t.match(await run([addressOf(3 - odd)]), { code: 1, output: /the collector would refuse:\n {2}\/sysinfo\/lqm/ })
  const before = mesh.asked.length
  t.match(await run([mesh.address], { AREDN_RANGES: '10.0.0.0/8' }), { code: 1, output: /no address in the ranges: 127\.47\.0\.1; AREDN_RANGES/ })
  t.equal(mesh.asked.length, before, 'nothing was sent')
  t.match(await run([mesh.address], { AREDN_RANGES: '10.0.0.0' }), { code: 2, output: /AREDN_RANGES: must be networks/ })
  t.match(await run([mesh.address], { AREDN_STEP: '1', AREDN_INCLUDE: 'a b', AREDN_SEEDS: 'http://x/' }), { code: 2, output: /AREDN_SEEDS: must be names[\s\S]*AREDN_STEP[\s\S]*AREDN_INCLUDE: must be names/ })
})

t.test('doctor: what is well, what is not, and the exit code', async (t) => {
  const mesh = await startArednMesh(t, makeWorld({ nodes: 6 }))
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  const env = { ...loopback, DATA_DIR: temporaryFolder(t), AREDN_PORT: String(mesh.port), AREDN_SEEDS: mesh.address, COLLECTOR_URL: collector.url.href }
  const well = runMeshmon(t, ['aredn', 'doctor'], env)
  t.equal(await well.ended, 0)
  t.match(well.output(), /^ok {7}state: [\s\S]*^ok {7}seed 127\.47\.0\.1: .* lists 6 nodes[\s\S]*^ok {7}nodes: 3 of 3[\s\S]*^ok {7}collector: [\s\S]*^ok {7}clock: /m)
  const ill = runMeshmon(t, ['aredn', 'doctor', '--json'], { ...env, AREDN_SEEDS: '127.9.9.9', COLLECTOR_URL: 'http://127.0.0.1:9' })
  t.equal(await ill.ended, 1)
  t.match(ill.output().trim().split('\n').map((line) => JSON.parse(line)), [{ check: 'state', state: 'ok' }, { check: 'seed 127.9.9.9', state: 'problem' }, { check: 'collector', state: 'problem' }, { check: 'clock', state: 'warning' }])
})

t.test('Ctrl-C: once and doctor end with exit code 130 and say nothing of it', async (t) => {
  const asked = new EventEmitter()
  const mesh = await startArednMesh(t, makeWorld({ nodes: 2 }), () => asked.emit('request'))
  const env = { ...loopback, DATA_DIR: temporaryFolder(t), COLLECTOR_URL: 'http://127.0.0.1:9', AREDN_SEEDS: mesh.address, AREDN_PORT: String(mesh.port) }
  for (const args of [['once', mesh.address], ['doctor']]) {
    const request = once(asked, 'request', { signal: AbortSignal.timeout(60_000) })
    const program = runMeshmon(t, ['aredn', ...args], env)
    await request
    program.child.kill('SIGINT')
    t.equal(await program.ended, 130, program.output())
    t.notMatch(program.output(), /given up|not read|interrupted|seed/)
  }
})
