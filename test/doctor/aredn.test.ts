import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Failure, ReadOutcome } from '../../src/aredn/read-node.js'
import { examineAredn, type ArednDoctor } from '../../src/doctor/aredn.js'
import { checkClock } from '../../src/doctor/clock.js'
import type { Finding } from '../../src/doctor/finding.js'

const common = { address: '10.0.0.1', bytes: 1, requests: 1 }
const fails = (failure: Failure): ReadOutcome => ({ ok: false, ...common, failure, detail: `failed: ${failure}` })
const answers = (sysinfo: object): ReadOutcome => ({ ok: true, ...common, sysinfo: { node: 'HB9X', node_details: { firmware_version: '4.26.7.0' }, ...sysinfo } })
const list = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `N${i}`, ip: `10.0.1.${i}` }))

async function examine (read: (host: string) => ReadOutcome, options: Partial<ArednDoctor> = {}) {
  const findings: Finding[] = []
  const signal = new AbortController().signal
  for await (const finding of examineAredn({ seeds: ['s1'], ranges: ['10.0.0.0/8'], include: [], exclude: [], signal, ...options, read: async ({ host }) => read(host) })) findings.push(finding)
  return findings
}

t.test('a seed that answers, and nodes that do', async (t) => {
  const asked: string[] = []
  const findings = await examine((host) => {
    asked.push(host)
    return answers({ nodes: list(5) })
  })
  t.same(findings, [
    { check: 'seed s1', state: 'ok', text: 'HB9X (firmware 4.26.7.0) at 10.0.0.1 answers, and lists 5 nodes' },
    { check: 'nodes', state: 'ok', text: '3 of 3 that were tried answer, of 5 to be read' },
  ])
  t.same(asked, ['s1', 'N0.local.mesh', 'N1.local.mesh', 'N2.local.mesh'])
})

t.test('every way in which a seed fails has a remedy; one of two is a warning, all of them a problem', async (t) => {
  for (const failure of ['unknown_host', 'outside', 'unreachable', 'timeout', 'too_large', 'cut_off', 'redirect', 'status', 'not_sysinfo'] as const) {
    const alone = await examine(() => fails(failure))
    t.match(alone, [{ check: 'seed s1', state: 'problem', text: `10.0.0.1: failed: ${failure}`, remedy: [/\w{3}/] }], failure)
    t.equal(alone.length, 1)
  }
  t.match(await examine((host) => host === 's1' ? fails('timeout') : answers({ nodes: list(1) }), { seeds: ['s1', 's2'] }), [{ check: 'seed s2', state: 'ok' }, { check: 'seed s1', state: 'warning' }, { check: 'nodes', state: 'ok' }])
})

t.test('lists that are empty, foreign, or of whom nobody is wanted', async (t) => {
  t.match(await examine(() => answers({ nodes: [] })), [{}, { check: 'nodes', state: 'warning', text: 'no seed lists any node' }])
  t.match(await examine(() => answers({})), [{}, { check: 'nodes', state: 'warning', text: 'no seed lists any node' }])
  t.match(await examine(() => answers({ nodes: [...list(1), { name: 'far', ip: '44.1.2.3' }, { name: 5 }] })), [{}, { state: 'warning', text: '1 of 2 nodes have addresses outside 10.0.0.0/8, such as 44.1.2.3' }, { state: 'ok' }])
  t.match(await examine(() => answers({ nodes: list(2) }), { include: ['HB9*'] }), [{}, { state: 'problem', text: 'AREDN_INCLUDE and AREDN_EXCLUDE leave none of 2 nodes' }])
})

t.test('some or all of the nodes that are tried are silent', async (t) => {
  const nodes = list(5)
  t.match(await examine((host) => host.startsWith('N1.') ? fails('timeout') : answers({ nodes })), [{}, { check: 'nodes', state: 'warning', text: /^2 of 3 .*; silent: N1 at 10\.0\.1\.1 \(failed: timeout\)/ }])
  t.match(await examine((host) => host === 's1' ? answers({ nodes }) : fails('timeout')), [{}, { check: 'nodes', state: 'problem', text: /^0 of 3/, remedy: [/route/] }])
})

t.test('an interruption ends it', async (t) => {
  const stop = new AbortController()
  stop.abort(new Error('interrupted'))
  await t.rejects(examine(() => answers({}), { signal: stop.signal }), { message: 'interrupted' })
})

t.test('the clock beside the collector\'s', async (t) => {
  const server = createServer((_, response) => response.writeHead(404, { date: new Date(Date.UTC(2026, 5, 1)).toUTCString() }).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { signal } = new AbortController()
  const look = async (iso: string) => await checkClock(url, () => Date.parse(iso), signal)
  t.match(await look('2026-06-01T00:00:20Z'), { state: 'ok' })
  t.match(await look('2026-06-01T00:01:00Z'), { state: 'warning', text: 'this computer is 60 s ahead of the collector' })
  t.match(await look('2026-05-31T23:00:00Z'), { state: 'warning', text: 'this computer is 3600 s behind the collector' })
  t.match(await look('1970-01-01T00:00:10Z'), { state: 'problem', remedy: [/date/] })
  await new Promise((resolve) => server.close(resolve))
  t.match(await look('2026-06-01T00:00:20Z'), { state: 'warning', text: /can't be reached/ })
})
