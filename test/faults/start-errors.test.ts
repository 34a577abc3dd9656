import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../support/embedded.js'
import { runMeshmon } from '../support/process.js'

const serve = { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'warn' }

/** Runs `meshmon serve`, which must end by itself, and gives its code and its lines. */
async function failToServe (t: Test, env: Record<string, string>): Promise<{ code: unknown, lines: string[] }> {
  const meshmon = runMeshmon(t, ['serve'], { ...serve, ...env })
  const code = await meshmon.ended
  return { code, lines: meshmon.output().trim().split('\n') }
}

t.test('port taken: one line, exit 1', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dataDir = temporaryFolder(t)
  t.same(await failToServe(t, { PORT: String(port), DATA_DIR: dataDir }), {
    code: 1, lines: [`meshmon: port ${port} is taken: another program listens there; set PORT to another one, or stop it`],
  })
})

t.test('DATA_DIR that cannot hold a database: one line, exit 1', async (t) => {
  const file = join(temporaryFolder(t), 'file')
  writeFileSync(file, 'x')
  for (const dataDir of [file, join(file, 'below'), '/sys/meshmon']) {
    const { code, lines } = await failToServe(t, { DATA_DIR: dataDir })
    t.equal(code, 1)
    t.equal(lines.length, 1, lines.join('\n'))
    t.match(lines[0], `meshmon: DATA_DIR ${dataDir} cannot be used`)
  }
})

t.test('a second collector on the same embedded database: one line, exit 1; the first goes on', async (t) => {
  const dataDir = temporaryFolder(t)
  const first = runMeshmon(t, ['serve'], { ...serve, LOG_LEVEL: 'info', DATA_DIR: dataDir })
  const [, url] = await first.printed(/listening on (http:\/\/\S+?)"/)
  await first.printed(/ready for measurements/)
  const { code, lines } = await failToServe(t, { DATA_DIR: dataDir })
  t.equal(code, 1)
  t.equal(lines.length, 1, lines.join('\n'))
  t.match(lines[0], /^meshmon: process \d+ already runs the embedded database in .*: stop it, or give this one a DATA_DIR of its own/)
  t.equal((await fetch(`${url}/readyz`)).status, 200)
  first.child.kill('SIGINT')
  t.equal(await first.ended, 0)
})

t.test('wrong settings: all of them named, exit 2', async (t) => {
  const { code, lines } = await failToServe(t, { PORT: 'http', DATABASE_URL: 'mysql://x', DATA_DIR: temporaryFolder(t) })
  t.equal(code, 2)
  t.match(lines.join('\n'), /PORT: [\s\S]*DATABASE_URL: |DATABASE_URL: [\s\S]*PORT: /)
})
