import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { findPushers } from '../../src/aredn/pushers.js'
import { packageRoot } from '../../src/paths.js'
import { longestAnswer, post, sendRaw, startTestCollector } from '../support/collector.js'

const fixture = (file: string) => readFileSync(join(packageRoot, 'test', 'fixtures', 'aredn', file))
const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8')
const cronLine = /```crontab\n(?:\S+ ){5}(.*)\n```/.exec(readme)?.[1] ?? ''

const { port, pool, url } = await startTestCollector(t)

/** A node's web server, which answers every address with what stands in `page`. */
async function startNode (t: Test, page: { body: Buffer, asked: string[] }): Promise<number> {
  const server = createServer((request, response) => {
    page.asked.push(request.url ?? '')
    response.setHeader('Connection', 'close')
    response.end(page.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => await new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

/** The README's cron line as the node's shell runs it, with its own programs in the PATH. */
async function runCron (t: Test, nodePort: number): Promise<{ code: number, output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'meshmon-cron-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const client = join(folder, 'uclient-fetch')
  writeFileSync(client, `#!/bin/sh\nexec "${process.execPath}" "${join(packageRoot, 'dist/test/support/uclient-fetch.js')}" "$@"\n`)
  chmodSync(client, 0o755)
  const line = cronLine.replace('//localhost/', `//127.0.0.1:${nodePort}/`).replace('//pi-collector.local.mesh:8080/', `//127.0.0.1:${port}/`).replaceAll('/tmp/s', join(folder, 's'))
  return await new Promise((resolve) => execFile('/bin/sh', ['-c', line], { env: { PATH: `${folder}:${process.env['PATH']}` } }, (error, output) => {
    resolve({ code: typeof error?.code === 'number' ? error.code : 0, output })
  }))
}

t.test('the cron line of the README makes a node an agent', async (t) => {
  const page = { body: fixture('4x-mountain.json'), asked: [] }
  const nodePort = await startNode(t, page)
  t.match(cronLine, /^uclient-fetch /)
  t.same(await runCron(t, nodePort), { code: 0, output: '{"accepted":true,"received":1,"stored":1,"duplicates":0,"rejected":[]}' })
  t.same(page.asked, ['/a/sysinfo?lqm=1'])
  const { rows: [health] } = await pool.query('select node, source, load1, free_mem_mb, neighbors_seen, time = received_at as as_received from agent_health')
  t.same(health, { node: 'HB9AK-Saentis-5G', source: 'sysinfo', load1: 0.31, free_mem_mb: 21, neighbors_seen: 5, as_received: true })

  const { code, output } = await runCron(t, nodePort)
  t.same({ code, stored: JSON.parse(output).stored }, { code: 0, stored: 1 }, 'the next report is another one')
  const { rows: [counts] } = await pool.query('select (select count(*)::int from hop_quality) as hops, (select count(*)::int from path_probe) as paths, (select count(*)::int from nodes) as nodes')
  t.same(counts, { hops: 10, paths: 8, nodes: 1 })
})

t.test('a login page in place of the answer is refused, kept and told', async (t) => {
  const nodePort = await startNode(t, { body: fixture('login.html'), asked: [] })
  t.same(await runCron(t, nodePort), { code: 8, output: '' })
  const { rows } = await pool.query("select reason, convert_from(body, 'utf8') as body from rejected_messages order by id desc limit 1")
  t.match(rows, [{ reason: /^not JSON/, body: fixture('login.html').toString() }])
})

t.test('what the API says of such a node', async (t) => {
  const get = async (path: string) => await (await fetch(new URL(path, url))).json() as unknown
  t.match(await get('/nodes/hb9ak-saentis-5g'), {
    id: 'HB9AK-Saentis-5G', kind: 'router', status: 'active', host: '10.54.12.33', version: '4.26.7.0', lat: 47.24936,
    info: { description: 'Säntis west, 230 V', channel: 180, bandwidth_mhz: 10 }, last_health: { source: 'sysinfo', load1: 0.31, uptime_seconds: 1_123_140 },
  })
  t.match(await get('/registry'), [{ id: 'HB9AK-Saentis-5G', host: '10.54.12.33' }])
})

t.test('who posts by itself is told apart from what a worker read', async (t) => {
  const sysinfo = JSON.parse(fixture('4x-no-radio.json').toString()) as { node: string }
  await sendRaw(port, post(JSON.stringify({ schema: 'meshmon.v1', type: 'aredn_sysinfo', node: sysinfo.node, sent_at: new Date().toISOString(), sysinfo })))
  const pushers = async (sinceMs: number) => await findPushers(new URL(url), sinceMs, AbortSignal.timeout(30_000))
  const before = await pushers(0)
  t.ok(before.includes('hb9ak-saentis-5g'))
  t.notOk(before.includes(sysinfo.node.toLowerCase()), 'a worker read it')
  await sendRaw(port, post(JSON.stringify(sysinfo)))
  t.ok((await pushers(Date.now() - 600_000)).includes(sysinfo.node.toLowerCase()))
  t.same(await pushers(Date.now() + 600_000), [])
  await t.rejects(findPushers(new URL(`${url}/nothing`), 0, AbortSignal.timeout(30_000)), /answered 404/)
})

t.test('every answer of a node gets 200, in a request as a worker posts it too, and fits the smallest reader', async (t) => {
  for (const file of ['4x-just-started.json', '4x-first-minute.json', '4x-tunnel-moved.json', '4x-no-radio.json', '3x-olsr-lqm.json', '3x-olsr.json']) {
    const { status, bytes } = await sendRaw(port, post(fixture(file)))
    t.equal(status, 200, file)
    t.ok(bytes <= longestAnswer)
    const wrapped = JSON.stringify({ schema: 'meshmon.v1', type: 'aredn_sysinfo', node: 'HB9X', sent_at: new Date().toISOString(), sysinfo: JSON.parse(fixture(file).toString()) })
    t.match(JSON.parse((await sendRaw(port, post(wrapped))).body), { stored: 1 }, file)
    t.match(JSON.parse((await sendRaw(port, post(wrapped))).body), { stored: 0, duplicates: 1 }, `${file}: twice`)
  }
  const { rows: [node] } = await pool.query("select address from nodes where name = 'HB9X'")
  t.same(node, { address: null }, 'the address of a worker is not the node\'s')
})

t.test('hostile answers are refused with the place', async (t) => {
  const answer = JSON.parse(fixture('4x-mountain.json').toString()) as object
  for (const [over, detail] of [
    [{ node: 7 }, '/node must be text'], [{ lqm: { info: { trackers: { x: [] } } } }, '/lqm/info/trackers/x must be an object or null'], [{ sysinfo: 'up' }, '/sysinfo must be an object or a list or null'],
  ] as const) {
    const { status, body } = await sendRaw(port, post(JSON.stringify({ ...answer, ...over })))
    t.equal(status, 400)
    t.equal(JSON.parse(body).detail, detail)
  }
  const trackers = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`m${i}`, { hostname: `n${i}` }]))
  t.equal((await sendRaw(port, post(JSON.stringify({ ...answer, lqm: { info: { trackers } } })))).status, 413)
})
