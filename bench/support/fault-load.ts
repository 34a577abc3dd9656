import { setTimeout as delay } from 'node:timers/promises'

export interface FaultLoad {
  /** Reports that were answered with 200. */
  stored: () => number
  /** Attempts that failed and were made again, at the other port. */
  repeated: () => number
  /** Ends the load; throws where a report found no port that took it. */
  stop (): Promise<void>
}

/** Half of them without a fault, a quarter with loss, a quarter with jitter. */
const paths = 400
const windowMs = 5000
/** Every fault returns: so many windows, of which so many are bad, the first of them mildly. */
const [cycleWindows, badWindows, mildWindows] = [18, 6, 3]
const giveUpMs = 60_000
const [answerMs, pauseMs] = [5000, 100]

/** Agents that report windows in their order, each again until a port takes it, with faults that begin, worsen and end at all times. */
export function startFaultLoad (ports: number[]): FaultLoad {
  const startMs = Date.now()
  let [stored, repeated, isStopped] = [0, 0, false]

  async function report (path: number): Promise<void> {
    for (let window = 0; ; window++) {
      const atMs = startMs + (window + path / paths) * windowMs
      await delay(Math.max(0, atMs - Date.now()))
      if (isStopped) return
      await post(JSON.stringify(message(path, window, atMs)), path + window)
      stored++
    }
  }

  async function post (body: string, first: number): Promise<void> {
    const deadlineMs = Date.now() + giveUpMs
    for (let attempt = first; Date.now() < deadlineMs; attempt++) {
      if (await isStored(ports[attempt % ports.length]!, body)) return
      repeated++
      await delay(pauseMs)
    }
    throw new Error(`no collector took a report within ${giveUpMs / 1000} s`)
  }

  const running = Array.from({ length: paths }, (_, path) => report(path))
  const ended = Promise.allSettled(running)
  return {
    stored: () => stored,
    repeated: () => repeated,
    async stop () {
      isStopped = true
      for (const result of await ended) if (result.status === 'rejected') throw result.reason
    },
  }
}

async function isStored (port: number, body: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/ingest`, { method: 'POST', body, headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(answerMs) })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

function message (path: number, window: number, atMs: number): object {
  const inCycle = (window + path * 7) % cycleWindows
  const fault = path % 4
  const badness = inCycle < mildWindows ? 'mild' : inCycle < badWindows ? 'bad' : 'none'
  return {
    schema: 'meshmon.v1',
    type: 'path_result',
    src: `node-${path}`,
    dst: `node-${(path + 1) % paths}`,
    sent_at: new Date(atMs).toISOString(),
    window_s: windowMs / 1000,
    route: [`node-${path}`, `node-${(path + 1) % paths}`],
    metrics: {
      rtt_ms_avg: 20,
      loss_pct: fault === 0 ? { mild: 4, bad: 30, none: 0 }[badness] : 0,
      jitter_ms_rfc3550: fault === 1 ? { mild: 40, bad: 200, none: 3 }[badness] : 3,
    },
  }
}
