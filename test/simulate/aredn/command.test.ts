import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { temporaryFolder } from '../../support/embedded.js'
import { startFakeCollector } from '../../support/fake-collector.js'
import { runMeshmon } from '../../support/process.js'

t.test('a history for the collector, then the nodes until SIGINT, and the truth', async (t) => {
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  const file = join(temporaryFolder(t), 'truth.json')
  const args = ['simulate', '--aredn', '--nodes', '12', '--port', '0', '--json', '--backfill', '1h', '--step', '10m', '--url', collector.url.href, '--odd', '3', '--fault', 'rf_drop:auto@50m+30m', '--truth', file]
  const simulator = runMeshmon(t, args)
  const [line] = await simulator.printed(/^\{"port".*\}$/m)
  const told = JSON.parse(line)
  t.match(told, { port: Number, address: '127.47.0.1', nodes: 12, faults: [{ rule: 'rf_quality_drop' }], odd: [{ node: String }, {}, {}] })
  const nodes = new Set(collector.messages.map((message) => (message as { node: string }).node))
  t.ok(nodes.size >= 9)
  t.equal(collector.messages.length, 6 * nodes.size)
  t.match(await (await fetch(`http://${told.address}:${told.port}/a/sysinfo?nodes=1`)).json(), { node: String, nodes: { length: 12 } })
  simulator.child.kill('SIGINT')
  t.equal(await simulator.ended, 0)
  const truth = JSON.parse(await readFile(file, 'utf8'))
  t.same({ faults: truth.faults, odd: truth.odd, from: truth.from }, { faults: told.faults, odd: told.odd, from: told.from })
})

t.test('it says in words how to read it, and ends by itself where it was told to', async (t) => {
  const simulator = runMeshmon(t, ['simulate', '--odd', '2', '--nodes', '5', '--port', '0', '--duration', '1s'])
  t.equal(await simulator.ended, 0)
  t.match(simulator.output(), /^Simulated AREDN mesh of 5 nodes and \d+ links on port \d+, 2 of them odd, no faults/)
  t.match(simulator.output(), /export AREDN_SEEDS=127\.47\.0\.1 AREDN_PORT=\d+ AREDN_RANGES=127\.0\.0\.0\/8/)
})

t.test('options that belong to another simulator, and faults that no node tells of, are refused', async (t) => {
  const refused = async (...args: string[]) => {
    const program = runMeshmon(t, ['simulate', ...args])
    return { code: await program.ended, output: program.output() }
  }
  t.match(await refused('--aredn', '--radio'), { code: 2, output: /cannot be used with/ })
  t.match(await refused('--aredn', '--v1-share', '0.5'), { code: 2, output: /cannot be used with/ })
  t.match(await refused('--aredn', '--fault', 'jitter:auto@1m+1m'), { code: 2, output: /"jitter" is no kind of fault; there are rf_drop, link_down, overload, silent/ })
  t.match(await refused('--port', '9', '--duration', '1s'), { code: 2, output: /--port is for --radio and --aredn/ })
})
