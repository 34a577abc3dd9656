import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'node:http'
import type pg from 'pg'
import type { Test } from 'tap'

export interface Load {
  /** The node that all messages are from. */
  src: string
  /** Numbers of the messages that got 200. */
  acknowledged: number[]
  /** Every other status, and 0 for a connection that broke. */
  refused: number[]
  /** Milliseconds of the slowest answer. */
  slowestMs: () => number
  stop: () => Promise<void>
}

const pauseMs = 5
const answerMs = 60_000

/** `senders` agents that post one unique path_result after another to the port, each again until it is told to stop. */
export function startLoad (t: Pick<Test, 'teardown'>, port: () => number, senders = 8): Load {
  const [acknowledged, refused]: [number[], number[]] = [[], []]
  const src = `load-${randomUUID()}`
  const agent = new Agent({ keepAlive: true })
  const stopping = new AbortController()
  let [n, slowest] = [0, 0]
  const send = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const own = n++
      const start = performance.now()
      const status = await postMessage(agent, port(), message(src, own))
      slowest = Math.max(slowest, performance.now() - start)
      if (status === 200) acknowledged.push(own)
      else {
        refused.push(status)
        await delay(pauseMs)
      }
    }
  }
  const running = Array.from({ length: senders }, send)
  const stop = async (): Promise<void> => {
    stopping.abort()
    await Promise.all(running)
    agent.destroy()
  }
  t.teardown(stop)
  return { src, acknowledged, refused, slowestMs: () => slowest, stop }
}

const message = (src: string, n: number): string => JSON.stringify({
  schema: 'meshmon.v1', type: 'path_result', src, dst: `to-${n}`, sent_at: new Date().toISOString(), route: [], metrics: { rtt_ms_avg: n },
})

/** Status of the answer; 0 for a connection that broke, or where none came within the time that agents wait. */
export function postMessage (agent: Agent, port: number, body: string): Promise<number> {
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, path: '/ingest', method: 'POST', agent, timeout: answerMs }, (answer) => {
      answer.on('error', () => resolve(0)).on('end', () => resolve(answer.statusCode ?? 0)).resume()
    })
    sent.on('timeout', () => sent.destroy()).on('error', () => resolve(0)).end(body)
  })
}

/** How many of the acknowledged messages are missing, and how many rows a message has at most. */
export async function missingAndMost (db: pg.Pool | pg.ClientBase, { src, acknowledged }: Load): Promise<{ missing: number, most: number }> {
  const { rows: [counts] } = await db.query<{ missing: number, most: number }>(`
    with stored as (select rtt_ms::int as n, count(*)::int as copies from path_probe where src = $2 group by 1)
    select (select count(*)::int from unnest($1::int[]) a (n) where not exists (select from stored where stored.n = a.n)) as missing,
      coalesce(max(copies), 0) as most from stored`, [acknowledged, src])
  return counts ?? { missing: acknowledged.length, most: 0 }
}
