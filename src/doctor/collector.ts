import { withDeadline } from '../deadline.js'
import { readTaken } from '../delivery/collector.js'
import { ok, problem, type Finding } from './finding.js'

const answerMs = 5000

/** Whether a worker's messages would be taken: the collector is there, ready, and the token is the one it wants. Throws the signal's reason once that aborts. */
export async function checkCollector (url: string, token: string | undefined, signal: AbortSignal): Promise<Finding> {
  const check = 'collector'
  const ingest = `${url.replace(/\/(ingest)?$/, '')}/ingest`
  try {
    const { status, text } = await withDeadline({ ms: answerMs, signal }, async (limited) => {
      const response = await fetch(ingest, {
        method: 'POST',
        body: '[]',
        headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
        signal: limited,
      })
      return { status: response.status, text: await response.text() }
    })
    switch (status) {
      case 200: return readTaken(text)
        ? ok(check, `${url} takes messages`)
        : problem(check, `what answers at ${ingest} is no collector`, 'Set COLLECTOR_URL to the address of a meshmon collector')
      case 401: return problem(check, `${url} refuses the token`, 'Set INGEST_TOKEN here to the same value as at the collector')
      case 503: return problem(check, `${url} can't store at present`, `Ask it why: curl -s ${url}/readyz`, 'Readings are kept here for 7 days meanwhile')
      default: return problem(check, `${ingest} answered ${status}`, 'Set COLLECTOR_URL to the address of a meshmon collector')
    }
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error)
    return problem(check, `${url} can't be reached (${reason})`, 'Start the collector: make start', 'Or set COLLECTOR_URL to where it runs', 'Readings are kept here for 7 days meanwhile')
  }
}
