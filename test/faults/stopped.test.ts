import { once } from 'node:events'
import { request } from 'node:http'
import t from 'tap'
import { temporaryFolder, until } from '../support/embedded.js'
import { missingAndMost, startLoad } from '../support/load.js'
import { freePort, serve, withDatabase } from '../support/serve.js'

t.test('SIGTERM under load: what is under way is answered, all of it is stored, exit code 0', async (t) => {
  const dataDir = temporaryFolder(t)
  const port = await freePort()
  const meshmon = serve(t, dataDir, port)
  await meshmon.printed(/ready for measurements/)
  const load = startLoad(t, () => port, 8)
  await until(() => load.acknowledged.length > 200, 'acknowledged messages')
  meshmon.child.kill('SIGTERM')
  t.equal(await meshmon.ended, 0)
  await load.stop()
  const again = serve(t, dataDir, port)
  await again.printed(/ready for measurements/)
  t.same(await withDatabase(dataDir, async (client) => await missingAndMost(client, load)), { missing: 0, most: 1 })

  // A request that never arrives holds the stop up for its grace; the second signal does not wait for it.
  const held = request({ host: '127.0.0.1', port, path: '/ingest', method: 'POST', headers: { 'content-length': 100 } })
  held.on('error', () => {}).write('{')
  t.teardown(() => held.destroy())
  await once(held, 'socket')
  again.child.kill('SIGINT')
  await again.printed(/once more to stop at once/)
  again.child.kill('SIGINT')
  t.equal(await again.ended, 130)
})

t.test('Ctrl-C while the database is made or migrated is clean, and the next start works', async (t) => {
  const dataDir = temporaryFolder(t)
  const port = await freePort()
  for (const moment of [/meshmon starts/, /listening on/, /making the embedded database/, /embedded database is ready/]) {
    const meshmon = serve(t, dataDir, port)
    // The third start and later ones find a folder that may be made already.
    await Promise.race([meshmon.printed(moment), meshmon.printed(/ready for measurements/)])
    meshmon.child.kill('SIGINT')
    const code = await meshmon.ended
    t.ok(code === 0 || code === 'SIGINT', `${moment}: ended with ${code}`)
    t.notMatch(meshmon.output(), /"level":[56]0|Error:.*\n +at /, 'no error')
  }
  const meshmon = serve(t, dataDir, port)
  await meshmon.printed(/ready for measurements/)
  t.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
})
