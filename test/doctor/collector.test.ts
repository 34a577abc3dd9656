import t, { type Test } from 'tap'
import { checkCollector } from '../../src/doctor/collector.js'
import { startFakeCollector } from '../support/fake-collector.js'
import { freePort } from '../support/process.js'

const { signal } = new AbortController()

async function setUp (t: Test, status?: number) {
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  if (status !== undefined) {
    collector.trouble = (_request, response) => {
      response.writeHead(status).end('{}')
      return true
    }
  }
  return { collector, url: collector.url.href.replace(/\/$/, '') }
}

t.test('a collector that takes messages, with or without /ingest in its address', async (t) => {
  const { collector, url } = await setUp(t)
  for (const address of [url, `${url}/`, `${url}/ingest`]) {
    t.match(await checkCollector(address, 'secret', signal), { check: 'collector', state: 'ok', text: `${address} takes messages` })
  }
  t.same(collector.requests.map(({ path, authorization, count }) => [path, authorization, count]), Array(3).fill(['/ingest', 'Bearer secret', 0]))
})

t.test('one that refuses the token, one that can not store, and another program', async (t) => {
  const told = async (status: number) => await checkCollector((await setUp(t, status)).url, 'wrong-token', signal)
  const refused = await told(401)
  t.match(refused, { state: 'problem', text: /refuses the token$/, remedy: [/INGEST_TOKEN/] })
  t.notMatch(JSON.stringify(refused), 'wrong-token')
  t.match(await told(503), { state: 'problem', text: /can't store at present$/, remedy: [/curl -s http:\S+\/readyz$/, /7 days/] })
  t.match(await told(404), { state: 'problem', text: /\/ingest answered 404$/, remedy: [/COLLECTOR_URL/] })
})

t.test('a web server that answers everything is no collector', async (t) => {
  const { collector, url } = await setUp(t)
  collector.trouble = (_request, response) => {
    response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>')
    return true
  }
  t.match(await checkCollector(url, undefined, signal), { state: 'problem', text: /is no collector/, remedy: [/COLLECTOR_URL/] })
})

t.test('nobody there, and an address that is none', async (t) => {
  t.match(await checkCollector(`http://127.0.0.1:${await freePort()}`, undefined, signal), { state: 'problem', text: /can't be reached \(.*ECONNREFUSED/, remedy: [/make start/, /COLLECTOR_URL/, /7 days/] })
  t.match(await checkCollector('http://nowhere.invalid', undefined, signal), { state: 'problem', text: /can't be reached \(/ })
})

t.test('an interruption ends it', async (t) => {
  const { collector, url } = await setUp(t)
  const stop = new AbortController()
  const reason = new Error('interrupted')
  collector.trouble = () => {
    stop.abort(reason)
    return true
  }
  await t.rejects(checkCollector(url, undefined, stop.signal), reason)
})
