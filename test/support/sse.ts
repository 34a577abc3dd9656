import { get, type IncomingHttpHeaders } from 'node:http'
import type { Test } from 'tap'

export interface ServerEvent { id: number, event: string, data: Record<string, unknown> }

const patienceMs = 10_000

/** A client of server-sent events that takes them one by one, each within ten seconds. */
export async function follow (t: Test, url: string, headers: Record<string, string> = {}) {
  const events: ServerEvent[] = []
  const comments: string[] = []
  let wake = (): void => {}
  let hasEnded = false
  const { request, response } = await new Promise<{ request: ReturnType<typeof get>, response: import('node:http').IncomingMessage }>((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (response) => resolve({ request, response }))
    request.on('error', reject)
  })
  request.on('error', () => {})
  t.teardown(() => request.destroy())
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(text.slice(0, end).split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]))
      text = text.slice(end + 2)
      const [id, event, data] = [fields.get('id'), fields.get('event'), fields.get('data')]
      if (id !== undefined && event !== undefined && data !== undefined) events.push({ id: Number(id), event, data: JSON.parse(data) })
      else comments.push([...fields.keys()].join())
    }
    wake()
  }).on('error', () => {}).on('close', () => {
    hasEnded = true
    wake()
  })

  async function until (met: () => boolean, what: string): Promise<void> {
    const late = setTimeout(() => wake(), patienceMs)
    const giveUp = Date.now() + patienceMs
    while (!met()) {
      if (Date.now() >= giveUp) throw new Error(`${what} did not come within ${patienceMs / 1000} s`)
      await new Promise<void>((resolve) => { wake = resolve })
    }
    clearTimeout(late)
  }

  return {
    status: response.statusCode,
    headers: response.headers as IncomingHttpHeaders,
    comments,
    async next (): Promise<ServerEvent> {
      await until(() => events.length > 0 || hasEnded, 'an event')
      const event = events.shift()
      if (event === undefined) throw new Error('the stream has ended')
      return event
    },
    commented: (comment: string) => until(() => comments.includes(comment), `a comment "${comment}"`),
    ended: () => until(() => hasEnded, 'the end of the stream'),
    hangUp: () => request.destroy(),
    pause: () => response.pause(),
  }
}
