import { spawn } from 'node:child_process'
import { once as onceEmitted } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.js'
import { packageRoot } from '../../src/paths.js'
import { planWorld } from '../../src/simulate/radio/plan.js'
import { serveWorld } from '../../src/simulate/radio/serve.js'
import { World } from '../../src/simulate/radio/world.js'
import { temporaryFolder } from '../support/embedded.js'
import { startFakeCollector } from '../support/fake-collector.js'
import { freePort, runMeshmon } from '../support/process.js'

const password = 'hill-pass'

async function setUp (t: Test) {
  const world = new World(systemClock, planWorld({ repeaters: 2 }))
  const { port, close } = await serveWorld(world, { host: '127.0.0.1', port: 0 })
  t.teardown(() => close())
  const folder = temporaryFolder(t)
  const settings = {
    MESHMON_CONFIG: '/dev/null', DATA_DIR: folder, HOST: '127.0.0.1', COLLECTOR_URL: `http://127.0.0.1:${await freePort()}`,
    MESH_TRANSPORT: 'tcp', MESH_TCP_HOST: '127.0.0.1', MESH_TCP_PORT: String(port),
    REPEATERS: `[{ name: Hill, password: ${password} }]`, RADIO_BUDGET_S_PER_H: '3600',
  }
  /** What a command prints, with its log lines and without. */
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const program = runMeshmon(t, ['radio', ...args], { ...settings, ...env })
    const code = await program.ended
    return { code, all: program.output(), output: program.output().replace(/^\{"level".*\n/gm, '') }
  }
  return { world, folder, settings, run }
}

/** Connections that the companion has seen. */
function countConnections (world: World): () => number {
  const attach = world.companion.attach.bind(world.companion)
  let connections = 0
  world.companion.attach = (client) => {
    connections++
    return attach(client)
  }
  return () => connections
}

async function until (isMet: () => boolean, what: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000)
  while (!isMet()) await delay(20, undefined, { signal }).catch(() => { throw new Error(`not within a minute: ${what}`) })
}

t.test('the commands, at a radio that is well', async (t) => {
  const { folder, run } = await setUp(t)

  const contacts = await run(['contacts'])
  t.equal(contacts.code, 0, contacts.output)
  t.match(contacts.output, /Hill +\| repeater \| [0-9a-f]{12} \| not known, floods \| 20/)
  t.match(JSON.parse((await run(['contacts', '--json'])).output), [{ name: 'Hill', type: 'repeater', key: /^[0-9a-f]{64}$/, hops: null }, { name: 'Ridge' }, {}, {}, {}])

  const once = await run(['once'])
  t.equal(once.code, 0, once.output)
  t.match(once.output, /Base-1 \| companion \| answered +\| battery_mv \d{4}/)
  t.match(once.output, /Hill +\| repeater +\| answered +\| bat \d{4}/)
  t.match(once.output, 'the collector takes nothing at present', 'what was read is kept, and that is said')
  const queue = join(folder, 'radio', 'queue')
  const kept = readdirSync(queue).map((name) => readFileSync(join(queue, name), 'utf8')).join('')
  t.match(kept, '"node":"Hill"')
  t.notMatch(kept + readFileSync(join(folder, 'radio', 'poller.json'), 'utf8') + once.all, password)

  const companion = await run(['once', '--companion', '--json'])
  t.match(JSON.parse(companion.output), { rounds: [{ node: 'Base-1', result: 'answered', readings: { contacts: 5 } }], waiting: 3 }, 'only the companion was asked')
  t.equal((await run(['once', '--companion', '--quiet'])).output, '', 'nothing to tell')
})

t.test('what is wrong is told, with an exit code for scripts', async (t) => {
  const { world, folder, run } = await setUp(t)
  world.repeater('Hill').powerOff()
  const doctor = await run(['doctor'], { REMOTE_TIMEOUT_S: '1' })
  t.equal(doctor.code, 1)
  t.match(doctor.output, /^ok {7}state: .+\/radio can be written to$/m)
  t.match(doctor.output, /^ok {7}radio: Base-1 at tcp 127\.0\.0\.1:\d+/m)
  t.match(doctor.output, /^PROBLEM {2}login Hill: no answer: password, clock, path or radio\n +- Check the password/m)
  t.match(doctor.output, /^PROBLEM {2}collector: http:\/\/127\.0\.0\.1:\d+ can't be reached \(.*ECONNREFUSED.*\)\n +- Start the collector/m)
  t.notMatch(doctor.all, password)

  world.companion.powerOff()
  const three = { REPEATERS: '[{ name: Hill }, { name: Ridge }, { name: Lake }]' }
  for (const args of [['once'], ['once', '--quiet'], ['contacts']]) {
    const { code, all } = await run(args, three)
    t.equal(code, 1)
    t.match(all, /^meshmon: tcp 127\.0\.0\.1:\d+ can't be reached: .+\n$/, `${args.join(' ')}: one line, with its remedy`)
    t.match(all.split('\n').length, 2)
  }
  t.match(JSON.parse((await run(['once', '--json'], three)).output.split('\nmeshmon:')[0]!), { rounds: [{ result: 'no_companion', reason: /can't be reached/ }] })

  t.match(await run(['reset-breaker', 'Lake']), { code: 1, output: /no repeater Lake is polled: the settings name Hill/ })
  t.match(await run(['reset-breaker', 'hill']), { code: 0, output: /hill is asked again/ })
  t.ok(readdirSync(join(folder, 'radio')).some((name) => name.startsWith('poller.json.reset.')))
  t.match(await run(['reset-breaker', 'hill'], { STATE_DIR: '/sys' }), { code: 1, all: /^meshmon: \/sys can't be written to \(.+\): run this as the user that the worker runs as\n$/ })
  t.match(await run(['reset-breaker', 'hill'], { STATE_DIR: join(folder, 'nothing') }), { code: 1, all: /nothing can't be written to \(.+\): no worker has run with these settings; set STATE_DIR and DATA_DIR as for it\n$/ })
  t.match(await run(['once'], { STATE_DIR: '/proc/meshmon/radio' }), { code: 1, all: /^meshmon: \/proc\/meshmon\/radio cannot be made \(.+\): let STATE_DIR or DATA_DIR name a folder/ })
  t.match(await run(['once'], { MESH_TRANSPORT: 'pigeon', COMPANION_STEP: '1' }), { code: 2, all: /MESH_TRANSPORT: must be one of serial, tcp, ble[\s\S]*COMPANION_STEP/ })
  t.match(await run(['nonsense']), { code: 2 })
})

t.test('once keeps one connection for all of its rounds', async (t) => {
  const { world, run } = await setUp(t)
  const connections = countConnections(world)
  const { code, output } = await run(['once'], { REPEATERS: `[{ name: Hill, password: ${password} }, { name: Ridge }]` })
  t.equal(code, 0, output)
  t.match(output, /Hill .* answered[\s\S]*Ridge .* answered/)
  t.equal(connections(), 1)
})

t.test('Ctrl-C: exit code 130; once prints what it has', async (t) => {
  const { world, folder, settings } = await setUp(t)
  world.repeater('Hill').powerOff()
  const once = runMeshmon(t, ['radio', 'once'], { ...settings, REMOTE_TIMEOUT_S: '120' })
  // The companion was read, and Hill is being asked.
  await until(() => existsSync(join(folder, 'radio', 'poller.json')), 'a round of Hill')
  once.child.kill('SIGINT')
  t.equal(await once.ended, 130)
  t.match(once.output(), /Base-1 \| companion \| answered/)
  t.notMatch(once.output(), /Hill +\||interrupted/)

  const connections = countConnections(world)
  world.companion.hang()
  for (const [i, command] of ['contacts', 'doctor'].entries()) {
    const program = runMeshmon(t, ['radio', command], settings)
    await until(() => connections() > i, `a connection of ${command}`)
    program.child.kill('SIGINT')
    t.equal(await program.ended, 130)
    t.notMatch(program.output(), /interrupted|radio: |Hill/)
  }
})

t.test('a full disk: once tells what is lost, with an exit code; the doctor tells it before', async (t) => {
  const { settings } = await setUp(t)
  const runOnFullDisk = async (...args: string[]): Promise<{ code: unknown, told: string }> => {
    // tap puts its loader into NODE_OPTIONS of every child, whatever env says here; the loader would die of the file size limit.
    const child = spawn('bash', ['-c', 'unset NODE_OPTIONS; ulimit -f 1; exec "$@" 2>&1', 'bash', process.execPath, join(packageRoot, 'dist/src/cli.js'), 'radio', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: process.env['PATH'], ...settings, COMPANION_HARDWARE: 'a message longer than the limit '.repeat(40) },
    })
    t.teardown(() => child.kill('SIGKILL'))
    let told = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => { told += text })
    const [code] = await onceEmitted(child, 'close')
    return { code, told }
  }
  const once = await runOnFullDisk('once', '--quiet')
  t.match(once.told, /^meshmon: [1-9]\d* messages could not be kept and are lost: make room on the disk/m)
  t.equal(once.code, 1)
  t.match(await runOnFullDisk('doctor'), { code: 1, told: /^PROBLEM {2}state: .+ takes nothing, so no reading can be kept \(EFBIG.*\)\n +- Make room on its disk: df -h/m })
})

t.test('the worker: readings reach the collector, figures, SIGINT', async (t) => {
  const { folder, settings } = await setUp(t)
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  const worker = runMeshmon(t, ['radio'], { ...settings, COLLECTOR_URL: collector.url.href, METRICS_PORT: '0', STATE_DIR: join(folder, 'elsewhere') })
  const [, figures = ''] = await worker.printed(/figures at (http:\S+)\/metrics/)
  await collector.waitFor((message) => JSON.stringify(message).includes('"node":"Hill"'))
  const metrics = await (await fetch(`${figures}/metrics`)).text()
  for (const name of readFileSync('docs/radio.md', 'utf8').matchAll(/`(meshmon_(?:radio|delivery)_\w+)/g)) t.match(metrics, `# TYPE ${name[1]} `)
  t.match(metrics, /meshmon_radio_rounds_total\{radio="Hill",result="answered"\} 1/)
  t.match(metrics, /meshmon_radio_breaker\{radio="Hill",state="closed"\} 1/)
  t.match(metrics, /meshmon_radio_connected 1/)
  t.match(metrics, /meshmon_delivery_messages_total\{outcome="stored"\} [1-9]/)
  t.match(await (await fetch(`${figures}/healthz`)).json(), { companion: { connected: true, second_client: false }, radios: [{ name: 'Base-1' }, { name: 'Hill', breaker: 'closed' }], collector: { waiting: 0 } })
  t.equal((await fetch(`${figures}/nothing`)).status, 404)
  t.equal((await fetch(`${figures}/metrics`, { method: 'POST' })).status, 405)

  const other = runMeshmon(t, ['radio', 'once'], { ...settings, COLLECTOR_URL: collector.url.href, STATE_DIR: join(folder, 'elsewhere') })
  await other.printed(/waiting|waits/)
  worker.child.kill('SIGINT')
  t.equal(await worker.ended, 0)
  t.match(worker.output(), 'stopped')
  t.equal(await other.ended, 0, 'and gets it')
  t.ok(existsSync(join(folder, 'elsewhere', 'poller.json')))
  t.notMatch(worker.output(), password)
})
