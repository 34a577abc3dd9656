import t from 'tap'
import { parseBody } from '../../src/ingest/body.js'
import { columnFaults } from '../support/columns.js'
import { payload, payloadNames, readMessage } from '../support/messages.js'

const readme = payload('README.md').toString()

/** Third column of the README's table: what a request with this body must get. */
function mustGet (file: string): string | undefined {
  const cells = readme.split('\n').find((line) => line.startsWith(`| ${file} |`))?.split('|').map((cell) => cell.trim())
  return cells?.[4] ?? (file.startsWith('guide-') ? '200' : undefined)
}

for (const file of payloadNames('.json')) {
  t.test(`${file} gets what the README says`, async (t) => {
    const body = parseBody(payload(file), { maxMessages: 10_000 })
    const expected = mustGet(file)
    t.match(expected, /^(200|400)/)
    t.equal(body.ok && body.messages.length > 0, expected?.startsWith('200'))
    if (!body.ok) t.match(body, { status: 400, detail: /^not JSON/ })
    for (const message of body.ok ? body.messages : []) {
      const result = readMessage('value' in message ? message.value : undefined)
      t.match(result, { ok: true })
      t.same(result.ok && result.message.rows.flatMap(columnFaults), [])
    }
  })
}

t.test('the oddities of the real agents are counted', async (t) => {
  const counts = (file: string) => parseBody(payload(file), { maxMessages: 10_000 })
  t.match(counts('v1-network_status-nan-inf.json'), { nonFinite: 2, invalidUtf8: 0 })
  t.match(counts('v2-agent_health-nan.json'), { nonFinite: 1, invalidUtf8: 0 })
  t.match(counts('v2-crash_report-nan.json'), { nonFinite: 1, invalidUtf8: 0 })
  t.match(counts('v1-agent_health-long-utf8-node.json'), { nonFinite: 0, invalidUtf8: 1 })
  t.match(counts('v2-agent_health-long-utf8-node.json'), { nonFinite: 0, invalidUtf8: 1 })
  t.match(counts('v1-agent_health-utf8-node.json'), { nonFinite: 0, invalidUtf8: 0 })
})

t.test('the body of each recorded request is the body file beside it', async (t) => {
  for (const file of payloadNames('.http')) {
    const request = payload(file)
    t.same(request.subarray(request.indexOf('\r\n\r\n') + 4), payload(file.replace('.http', '.json')), file)
  }
})
