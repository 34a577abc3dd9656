import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/paths.js'
import { longestAnswer, post, sendRaw, startTestCollector } from '../support/collector.js'

const folder = join(packageRoot, 'test/fixtures/payloads')

/** "must get" of the fixtures' README: file name without ending -> status. */
function expectedStatuses (): Map<string, number> {
  const rows = readFileSync(join(folder, 'README.md'), 'utf8').split('\n').filter((line) => line.startsWith('| v'))
  return new Map(rows.map((row) => {
    const [, file, , , must] = row.split('|').map((cell) => cell.trim())
    return [file!.replace(/\.json$/, ''), Number(must!.slice(0, 3))]
  }))
}

const { port, pool } = await startTestCollector(t)

t.test('every request of the real agents gets the status its README says', async (t) => {
  const expected = expectedStatuses()
  const requests = readdirSync(folder).filter((name) => name.endsWith('.http'))
  t.ok(requests.length >= 35)
  for (const file of requests) {
    const { status, bytes, headers } = await sendRaw(port, readFileSync(join(folder, file)))
    t.equal(status, expected.get(file.replace(/\.http$/, '')), file)
    t.ok(bytes <= longestAnswer, `${file}: the answer fits one read (${bytes} bytes)`)
    t.match(headers, /^HTTP\/1\.1 \d{3} /)
  }
  const { rows: [counts] } = await pool.query(`select (select count(*)::int from rejected_messages) as rejected,
    (select count(*)::int from path_probe where timing_usable) as trusted, (select count(*)::int from path_probe) as paths, (select count(*)::int from agent_health) as health`)
  t.equal(counts.rejected, [...expected].filter(([name, status]) => status === 400 && requests.includes(`${name}.http`)).length, 'what was refused is kept')
  t.equal(counts.trusted, 0, 'no timing of network_status is trusted')
  t.ok(counts.paths > 20 && counts.health > 10)
})

t.test('bodies that no agent sends over the wire get the same', async (t) => {
  for (const [name, status] of expectedStatuses()) {
    const { status: got } = await sendRaw(port, post(readFileSync(join(folder, `${name}.json`))))
    t.equal(got, status, name)
  }
  for (const name of readdirSync(folder).filter((name) => name.startsWith('guide-'))) {
    t.equal((await sendRaw(port, post(readFileSync(join(folder, name))))).status, 200, name)
  }
})
