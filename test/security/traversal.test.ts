import { connect } from 'node:net'
import { readdirSync } from 'node:fs'
import t from 'tap'
import { fileName } from '../../src/dashboard/file-name.js'
import { startTestCollector } from '../support/collector.js'

const { port } = await startTestCollector(t)

/** An address goes out as it is written: fetch and inject tidy it up. */
async function get (path: string): Promise<{ status: number, text: string }> {
  const chunks: Buffer[] = []
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => { socket.write(`GET ${path} HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n`, 'latin1') })
    socket.setTimeout(30_000, () => socket.destroy(new Error(`no answer to ${path}`)))
    socket.on('data', (chunk) => chunks.push(chunk)).on('close', () => resolve()).on('error', reject)
  })
  const text = Buffer.concat(chunks).toString()
  return { status: Number(text.split(' ')[1]), text }
}

const dots = ['..', '%2e%2e', '%2E.', '.%2e', '%252e%252e', '..%00', '%c0%ae%c0%ae', '..;', '....']
const separators = ['/', '%2f', '%5c', '\\', '%252f', '//', '/./']
const targets = ['package.json', 'etc/passwd']
const climbs = dots.flatMap((up) => separators.flatMap((separator) => targets.map((target) => `${Array(6).fill(up).join(separator)}${separator}${target}`)))
/** What stands in the files that are asked for. */
const leaked = /"name": ?"|"dependencies"|root:.*:0:0/

for (const folder of ['/ui/assets/', '/docs/static/', '/docs/', '/ui/', '/reports/mesh/', '/reports/radios/', '/charts/radios/', '/', '/ui/assets/x/', '/docs/static/x/']) {
  t.test(`no file outside of ${folder}`, async (t) => {
    const wrong = []
    for (const climb of climbs) {
      const { status, text } = await get(`${folder}${climb}`)
      if (![400, 403, 404, 414].includes(status) || leaked.test(text)) wrong.push({ climb, status, text: text.slice(0, 300) })
    }
    t.same(wrong, [], `${climbs.length} addresses`)
  })
}

t.test('NUL, drive letters, files that are not served', async (t) => {
  const paths = [
    '/ui/assets/style.css%00.js', '/ui/assets/C:%5cwindows%5cwin.ini', '/ui/assets//etc/passwd', '/ui/assets/.', '/ui/assets/..', '/ui/assets/', '/ui/assets/__proto__', '/ui/assets/constructor',
    '/docs/static/package.json%00', '/docs/static/../package.json', '/docs/static/.htaccess', '/docs/static/%2e%2e/package.json', '/docs/static/index.html%00.css', '/reports/mesh/..%2f..%2f2026/report.txt', '/reports/mesh/2026/..%2freport.txt',
    '/reports/radios/..%2f..%2fetc/2026/passwd', '/package.json', '/meshmon.conf', '/.env', '/data/pgdata', '/src/server.ts', '/dist/src/cli.js',
  ]
  for (const path of paths) {
    const { status, text } = await get(path)
    t.ok(status >= 400 && status < 500 && !leaked.test(text), `${path}: ${status}`)
  }
  const style = /\/ui\/assets\/style\.[0-9a-f]+\.css/.exec((await get('/ui/login')).text)![0]
  t.equal((await get(style)).status, 200)
  t.equal((await get('/docs/static/swagger-ui.css')).status, 200)
  t.equal((await get('/reports/index.json')).status, 200)
})

t.test('a name becomes a file\'s name that stays where it is put', async (t) => {
  const names = ['..', '.', '../../etc/passwd', '..\\..\\x', '/etc/passwd', 'a/b', 'a\0b', '~root', 'C:\\x', 'con', '%2e%2e%2f', 'x'.repeat(128), '', '\u202e', '-rf', ...readdirSync('/')]
  for (const name of names) {
    t.match(fileName(name), /^[a-z0-9_][a-z0-9._-]{0,80}$/, JSON.stringify(name))
    t.notMatch(fileName(name), /\.\./, JSON.stringify(name))
  }
  t.equal(new Set(names.map(fileName)).size, new Set(names).size, 'different ones for different names')
  t.equal(fileName('node-7'), 'node-7')
})
