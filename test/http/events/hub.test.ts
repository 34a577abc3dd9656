import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Entry, Feed } from '../../../src/http/events/feed.js'
import { EventHub, hubLimits, type HubLimits } from '../../../src/http/events/hub.js'
import { NotNow } from '../../../src/http/refused.js'
import type { IssueBody } from '../../../src/http/schemas/issues.js'
import type { Health } from '../../../src/incidents/health.js'
import { follow } from '../../support/sse.js'

const entry = (id: number, more: Partial<Entry> = {}): Entry => ({ id, event: 'issue.opened', issue: { id: `i${id}` } as IssueBody, ...more })
const green: Health = { state: 'green', open: { critical: 0, major: 0, minor: 0 }, nodes: { active: 1, inactive: 0, dead: 0 } }

/** A hub over a journal in memory, behind a server; what can't join is answered 503. */
async function startHub (t: Test, limits: Partial<HubLimits> = {}) {
  const journal = { entries: [] as Entry[], health: green, failure: null as Error | null, reads: 0, reading: 0, mostReading: 0, newest: 0 }
  const feed: Feed = {
    async newest () {
      journal.newest++
      return journal.entries.at(-1)?.id ?? 0
    },
    has: async (id) => journal.entries.some((one) => one.id === id),
    async read (afterId, limit) {
      journal.reads++
      journal.mostReading = Math.max(journal.mostReading, ++journal.reading)
      await new Promise((resolve) => setImmediate(resolve))
      journal.reading--
      if (journal.failure) throw journal.failure
      return journal.entries.filter(({ id }) => id > afterId).slice(0, limit)
    },
    health: async () => journal.health,
  }
  const hub = new EventHub(feed, { warn () {}, info () {} }, { ...hubLimits, pollMs: 5, busyPollMs: 1, healthMs: 0, ...limits })
  const responses: ServerResponse[] = []
  const server = createServer((request, response) => {
    responses.push(response)
    const last = request.headers['last-event-id']
    hub.join({ response, lastId: last === undefined ? null : Number(last), begin: () => { response.writeHead(200) } })
      .catch((error: Error) => { response.writeHead(error instanceof NotNow ? 503 : 500).end(error.message) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    hub.close()
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { hub, journal, responses, join: (lastId?: number) => follow(t, url, lastId === undefined ? {} : { 'last-event-id': String(lastId) }) }
}

t.test('every client gets every entry once, in order, whenever it joined', async (t) => {
  const { journal, join } = await startHub(t, { batch: 7 })
  const clients: Awaited<ReturnType<typeof join>>[] = []
  for (let id = 1; id <= 120; id++) {
    journal.entries.push(entry(id))
    if (id % 10 === 1) clients.push(await join(id <= 60 ? 0 : id - 30))
  }
  for (const [i, client] of clients.entries()) {
    const seen: number[] = []
    while (seen.at(-1) !== 120) {
      const { event, id } = await client.next()
      if (event !== 'health') seen.push(id)
    }
    const first = i * 10 + 1 <= 60 ? 1 : i * 10 - 28
    t.same(seen, Array.from({ length: 121 - first }, (_, n) => first + n), `client ${i}`)
  }
  t.equal(journal.mostReading, 1, 'one reads for all')
})

t.test('a client without a last id begins with health and what comes', async (t) => {
  const { journal, join } = await startHub(t)
  journal.entries.push(entry(1), entry(2))
  const client = await join()
  t.same(await client.next(), { id: 2, event: 'health', data: green })
  journal.entries.push(entry(3, { issue: null }), entry(4, { event: 'issue.updated' }), entry(9, { event: 'issue.closed' }))
  t.match(await client.next(), { id: 4, event: 'issue.updated', data: { id: 'i4' } })
  t.match(await client.next(), { id: 9, event: 'issue.closed', data: { id: 'i9' } })
  t.same(client.comments, ['retry'])
})

t.test('who missed too much, or names an id that is not kept, begins anew', async (t) => {
  const { journal, join } = await startHub(t, { missed: 3, bufferedBytes: 1000 })
  journal.entries.push(...[5, 6, 7, 8, 9].map((id) => entry(id)))
  const first = async (lastId: number) => (await (await join(lastId)).next())
  t.match(await first(6), { id: 7, event: 'issue.opened' })
  t.match(await first(9), { id: 9, event: 'health' }, 'nothing was missed')
  for (const lastId of [5, 0, 4, 10, -1]) t.match(await first(lastId), { id: 9, event: 'reset', data: {} }, String(lastId))
  journal.entries.push(entry(10, { issue: { id: 'x'.repeat(1000) } as IssueBody }))
  t.match(await first(9), { id: 10, event: 'reset' }, 'too many bytes')
})

t.test('health is sent when it changes', async (t) => {
  const { journal, join } = await startHub(t)
  const client = await join()
  t.equal((await client.next()).data['state'], 'green')
  journal.health = { ...green, state: 'red' }
  t.match(await client.next(), { event: 'health', data: { state: 'red' } })
  journal.entries.push(entry(1))
  t.equal((await client.next()).event, 'issue.opened', 'and only then')
})

t.test('a client that does not read is dropped; the others go on', async (t) => {
  const { journal, responses, join } = await startHub(t, { bufferedBytes: 100_000, batch: 1 })
  const slow = await join()
  slow.pause()
  const client = await join()
  await client.next()
  const dropped = once(responses[0]!, 'close').then(() => true)
  for (let id = 1; id <= 400 && !responses[0]!.destroyed; id++) {
    journal.entries.push(entry(id, { issue: { id: 'x'.repeat(200_000) } as IssueBody }))
    t.equal((await client.next()).id, id)
  }
  t.ok(await Promise.race([dropped, client.ended().then(() => false)]))
  t.notOk(responses[1]!.destroyed)
})

t.test('there is room for so many, and again when one leaves', async (t) => {
  const { responses, join } = await startHub(t, { clients: 2 })
  const first = await join()
  t.equal((await join()).status, 200)
  t.equal((await join()).status, 503)
  const left = once(responses[0]!, 'close')
  first.hangUp()
  await left
  t.equal((await join()).status, 200)
})

t.test('a comment comes where nothing else does', async (t) => {
  const { join } = await startHub(t, { heartbeatMs: 0 })
  const client = await join()
  await client.commented('')
  t.ok(client.comments.includes(''))
})

t.test('a database that is away refuses new clients and keeps the others', async (t) => {
  const { journal, join } = await startHub(t)
  const client = await join()
  await client.next()
  journal.failure = new Error('away')
  t.equal((await join()).status, 500)
  journal.entries.push(entry(1))
  journal.failure = null
  t.equal((await client.next()).id, 1)
  t.equal((await join()).status, 200)
})

t.test('nothing is read while nobody listens', async (t) => {
  const { journal, responses, join } = await startHub(t)
  t.equal(journal.reads, 0)
  const client = await join()
  await client.next()
  const left = once(responses[0]!, 'close')
  client.hangUp()
  await left
  journal.entries.push(entry(1))
  // Its pause is shorter: once none was read in this time, it has ended.
  for (let reads = -1; reads !== journal.reads; await delay(50)) reads = journal.reads
  t.match(await (await join()).next(), { id: 1, event: 'health' }, 'the next one begins with what is newest then')
  t.equal(journal.newest, 2)
})

t.test('a stop ends all streams and takes no more', async (t) => {
  const { hub, join } = await startHub(t)
  const clients = [await join(), await join()]
  hub.close()
  for (const client of clients) await client.ended()
  t.equal((await join()).status, 503)
})
