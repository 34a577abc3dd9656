import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { LoadPlan, LoadResult, LoadRun } from './load.js'

// The load generator, a process of its own: requests are bytes made beforehand, written to plain sockets. It does as little as it
// can, since it shares the machine with what it measures.

/** One request, and where in it the microseconds of each message's time stand. */
interface Request { bytes: Buffer, micros: number[] }

const microsLength = 6
const marker = Buffer.from('"sent_at":"')
const microsAfterMarker = marker.length + '2026-01-01T00:00:00.'.length

function buildRequests ({ file, format, perRequest, path, limit }: LoadPlan): Request[] {
  const lines = readFileSync(file, 'utf8').split('\n', limit).filter((line) => line !== '')
  const requests: Request[] = []
  for (let i = 0; i + perRequest <= lines.length; i += perRequest) {
    const some = lines.slice(i, i + perRequest)
    const body = format === 'lines' ? `${some.join('\n')}\n` : perRequest === 1 ? some[0]! : `[${some.join()}]`
    const head = `POST ${path} HTTP/1.1\r\nHost: collector\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
    const bytes = Buffer.from(head + body)
    requests.push({ bytes, micros: format === 'lines' ? microsOfLines(bytes, head.length) : microsOfJson(bytes) })
  }
  return requests
}

function microsOfJson (bytes: Buffer): number[] {
  const micros: number[] = []
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) micros.push(at + microsAfterMarker)
  return micros
}

/** A line ends with nanoseconds: six digits of microseconds, three more, the end of the line. */
function microsOfLines (bytes: Buffer, bodyAt: number): number[] {
  const micros: number[] = []
  for (let end = bytes.indexOf('\n', bodyAt); end >= 0; end = bytes.indexOf('\n', end + 1)) micros.push(end - 3 - microsLength)
  return micros
}

/** Every pass over the file gives the messages times of their own, so that all rows are new. */
function stamp ({ bytes, micros }: Request, pass: number): void {
  const digits = String(pass).padStart(microsLength, '0')
  for (const at of micros) bytes.write(digits, at, 'latin1')
}

/** Calls `onAnswer` with the status and body of each answer on a kept connection. */
function readAnswers (socket: Socket, onAnswer: (status: number, body: string) => void): void {
  let pending = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    pending += text
    for (;;) {
      const headEnd = pending.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      // 204 has no body, and says so or not.
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(pending.slice(0, headEnd))?.[1] ?? 0)
      const end = headEnd + 4 + length
      if (pending.length < end) return
      const status = Number(pending.slice(9, 12))
      const body = pending.slice(headEnd + 4, end)
      pending = pending.slice(end)
      onAnswer(status, body)
    }
  })
}

async function run (plan: LoadPlan, requests: Request[], { firstPass, seconds }: LoadRun): Promise<LoadResult> {
  const result: LoadResult = { messages: 0, stored: 0, seconds: 0, failures: {}, latenciesMs: [], passes: 1 }
  const started = performance.now()
  const until = seconds === undefined ? undefined : started + seconds * 1000
  let next = 0
  let pass = firstPass

  function take (): Request | undefined {
    if (next === requests.length) {
      if (until === undefined) return undefined
      next = 0
      pass++
    }
    if (until !== undefined && performance.now() > until) return undefined
    const request = requests[next++]!
    stamp(request, pass)
    return request
  }

  await Promise.all(Array.from({ length: plan.connections }, () => new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: plan.port, noDelay: true })
    let sentAt = 0
    const send = (): void => {
      const request = take()
      if (!request) {
        socket.end()
        return
      }
      sentAt = performance.now()
      socket.write(request.bytes)
    }
    readAnswers(socket, (status, body) => {
      if (result.latenciesMs.length < plan.maxLatencies) result.latenciesMs.push(performance.now() - sentAt)
      if (status === 200 || status === 204) {
        result.messages += plan.perRequest
        result.stored += Number(/"stored":(\d+)/.exec(body)?.[1] ?? 0)
      } else result.failures[status] = (result.failures[status] ?? 0) + 1
      send()
    })
    socket.on('connect', send).on('close', () => resolve()).on('error', reject)
  })))
  result.seconds = (performance.now() - started) / 1000
  result.passes = pass - firstPass + 1
  return result
}

let plan: LoadPlan | undefined
let requests: Request[] = []

process.on('message', (message: { plan: LoadPlan } | { run: LoadRun }) => {
  if ('plan' in message) {
    plan = message.plan
    requests = buildRequests(plan)
    process.send?.({ ready: requests.length })
  } else if (plan) {
    run(plan, requests, message.run).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: String(error) }))
  }
})
process.on('disconnect', () => process.exit())
