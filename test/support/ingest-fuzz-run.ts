import { Agent, request } from 'node:http'
import type { Pool } from 'pg'
import { makeFuzzInput, type FuzzInput } from './ingest-fuzz.js'

export interface Fuzzed {
  inputs: number
  messages: number
  stored: number
  duplicates: number
  rejected: number
  /** Bodies that are no messages at all. */
  unreadable: number
  /** Answers 503: sent again. */
  repeated: number
  statuses: Record<string, number>
}

export interface FuzzOptions { port: number, seed: number, inputs: number, senders: number, progress?: (fuzzed: Fuzzed) => void }

interface Answer { status: number, type: string, text: string }
interface Counts { received: number, stored: number, duplicates: number, rejected: { index: number, type?: string }[] }

const answerMs = 120_000
const rejectionsShown = 100

/**
 * Sends that many changed fixtures to a collector over kept connections, and checks every answer: a 200 whose counts agree, or a 400,
 * 413 or 415 that says why; a good message beside a changed one is always stored. Throws at the first that is otherwise, naming the input.
 */
export async function fuzzIngest ({ port, seed, inputs, senders, progress }: FuzzOptions): Promise<Fuzzed & { sentinels: string[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: senders })
  const nowMs = Date.now()
  const fuzzed: Fuzzed & { sentinels: string[] } = { inputs: 0, messages: 0, stored: 0, duplicates: 0, rejected: 0, unreadable: 0, repeated: 0, statuses: {}, sentinels: [] }
  let next = 0
  const send = async (): Promise<void> => {
    for (let index = next++; index < inputs; index = next++) {
      const input = makeFuzzInput(seed, index, nowMs)
      try {
        let answer = await post(agent, port, input)
        for (; answer.status === 503; fuzzed.repeated++) answer = await post(agent, port, input)
        count(fuzzed, input, answer)
      } catch (error) {
        throw new Error(`input ${index} of seed ${seed}, encoding ${input.encoding}: ${input.body.toString('base64').slice(0, 4000)}`, { cause: error })
      }
      if (++fuzzed.inputs % 10_000 === 0) progress?.(fuzzed)
    }
  }
  try {
    await Promise.all(Array.from({ length: senders }, send))
  } finally {
    agent.destroy()
  }
  return fuzzed
}

function count (fuzzed: Fuzzed & { sentinels: string[] }, { sentinel }: FuzzInput, { status, type, text }: Answer): void {
  fuzzed.statuses[status] = (fuzzed.statuses[status] ?? 0) + 1
  const body = JSON.parse(text) as Partial<Counts> & { detail?: string }
  if (status === 200 && type === 'application/json') {
    const { received, stored, duplicates, rejected } = body as Counts
    if (received < rejectionsShown && received !== stored + duplicates + rejected.length) throw new Error(`counts do not agree: ${text}`)
    fuzzed.messages += received
    fuzzed.stored += stored
    fuzzed.duplicates += duplicates
    fuzzed.rejected += received - stored - duplicates
    if (sentinel === null) return
    if (stored === 0) throw new Error(`the good message was not stored: ${text}`)
    fuzzed.sentinels.push(sentinel)
    return
  }
  if (sentinel !== null) throw new Error(`a good message was refused with ${status}: ${text}`)
  if (![400, 413, 415].includes(status) || type !== 'application/problem+json' || !/\S/.test(body.detail ?? '')) throw new Error(`answer ${status} ${type}: ${text}`)
  if (body.rejected === undefined) {
    fuzzed.unreadable++
    return
  }
  const all = Number(/^all (\d+) messages/.exec(body.detail ?? '')?.[1] ?? 1)
  fuzzed.messages += all
  fuzzed.rejected += all
}

function post (agent: Agent, port: number, { body, encoding }: FuzzInput): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/ingest', method: 'POST', agent, timeout: answerMs, headers: { 'content-length': body.length, ...(encoding !== null && { 'content-encoding': encoding }) } }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject)
        .on('end', () => resolve({ status: answer.statusCode ?? 0, type: String(answer.headers['content-type']).split(';')[0]!, text: Buffer.concat(chunks).toString() }))
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerMs / 1000} s`))).on('error', reject).end(body)
  })
}

/** What the database holds of a run, to be compared with its answers. */
export async function storedOf (db: Pool, sentinels: string[]): Promise<{ rejected: number, sentinels: number, doubled: number, byType: Record<string, number> }> {
  const { rows: [row] } = await db.query<{ rejected: number, sentinels: number, doubled: number, crash_report: number, worker_event: number, agent_health: number }>(`
    with found as (select node, count(*) as copies from worker_event where node = any($1) group by node)
    select (select count(*)::int from rejected_messages) as rejected, (select count(*)::int from found) as sentinels, (select count(*)::int from found where copies > 1) as doubled,
      (select count(*)::int from crash_reports) as crash_report, (select count(*)::int from worker_event) as worker_event, (select count(*)::int from agent_health where source = 'agent') as agent_health`, [sentinels])
  const { rejected, sentinels: found, doubled, ...byType } = row!
  return { rejected, sentinels: found, doubled, byType }
}

/** Messages of these types that were counted as stored, from /metrics: each is one row. */
export async function countedOf (port: number, types: string[]): Promise<Record<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Object.fromEntries(types.map((type) => [type, Number(new RegExp(`^meshmon_ingest_messages_total\\{type="${type}",outcome="stored"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0)]))
}
