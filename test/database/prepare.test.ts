import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { createPool } from '../../src/database/pool.js'
import { prepareDatabase } from '../../src/database/prepare.js'
import { defaultRetention } from '../support/settings.js'

t.test('closing the pool ends the wait for a server that is away', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  taken.close()

  let failures = 0
  const closeAtFailure = () => {
    failures++
    if (!pool.ending) pool.end().catch(t.threw)
  }
  const log = { debug: () => {}, info: () => {}, warn: closeAtFailure, error: () => {} }
  const pool = createPool({ host: '127.0.0.1', port, applicationName: 'test', max: 1 }, log)
  const { done } = prepareDatabase({ pool, isEmbedded: false, ready: Promise.resolve() }, defaultRetention, log)
  await t.rejects(done, /ECONNREFUSED/)
  t.equal(failures, 1, 'while the pool was open it went on trying')
})
