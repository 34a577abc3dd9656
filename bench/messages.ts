import { parseBody } from '../src/ingest/body.js'
import { createMessageReader } from '../src/messages/index.js'

// How many path_results one core reads per second: bytes of 100-message bodies to rows. Nothing is stored.
// Counted in this process's CPU time, so that others on the machine do not matter.

const messagesPerBody = 100
const bodies = 20
const secondsPerRound = 2
const rounds = 3

function pathResult (n: number): object {
  return {
    schema: 'meshmon.v1',
    type: 'path_result',
    src: `node-${n % 50}`,
    dst: `node-${n % 47}`,
    sent_at: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
    window_s: 5,
    route: [`node-${n % 50}`, 'node-D', 'node-H', `node-${n % 47}`],
    metrics: { rtt_ms_avg: 70 + n % 13 / 10, jitter_ms_rfc3550: 3 + n % 7, loss_pct: n % 3 },
    agent: { ver: '0.1.0', cpu_pct: 4.2, mem_mb: 6.8 },
  }
}

const read = createMessageReader()
const receivedAt = Date.UTC(2026, 5, 1) * 1000
const context = { receivedAt, networkStatusTiming: 'unusable' as const, nextReceipt: () => receivedAt }
const batch = Array.from({ length: bodies }, (_, body) =>
  Buffer.from(JSON.stringify(Array.from({ length: messagesPerBody }, (_, i) => pathResult(body * messagesPerBody + i)))))

/** Rows of one body; throws where the bench measures the wrong thing. */
function readBody (bytes: Buffer): number {
  const body = parseBody(bytes, { maxMessages: 10_000 })
  if (!body.ok) throw new Error(body.detail)
  let rows = 0
  for (const message of body.messages) {
    const result = 'value' in message && read(message.value, context)
    if (!result || !result.ok) throw new Error(`rejected: ${JSON.stringify(result)}`)
    rows += result.message.rows.length
  }
  return rows
}

for (let round = 1; round <= rounds; round++) {
  const before = process.cpuUsage()
  const end = performance.now() + secondsPerRound * 1000
  let rows = 0
  while (performance.now() < end) for (const bytes of batch) rows += readBody(bytes)
  const { user, system } = process.cpuUsage(before)
  const seconds = (user + system) / 1e6
  process.stdout.write(`round ${round}: ${Math.round(rows / seconds)} path_results/s parsed, validated and normalised\n`)
}
