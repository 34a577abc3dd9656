import { formatEvent, heartbeat, retryLine } from './format.js'
import type { Entry, Feed } from './feed.js'

export interface ReaderLimits {
  /** Between two comments. */
  heartbeatMs: number
  /** Health changes with time, too: a node falls silent, work begins. */
  healthMs: number
  /** Entries read at once. */
  batch: number
  /** Who missed more entries, or more bytes than may wait for a client, is told to start anew. */
  missed: number
  /** What may wait for a client. */
  bufferedBytes: number
}

/** Reads what is told to everybody, in order, and knows up to where. */
export function createReader (feed: Feed, limits: ReaderLimits, send: (bytes: Buffer) => void) {
  let position: number | null = null
  let health = ''
  let healthAtMs = -Infinity
  let beatAtMs = 0
  /** What clients that come together, all with the same last id, have missed. */
  let missed = new Map<number, string>()

  const eventsOf = (entries: Entry[]): string => entries.flatMap(({ id, event, issue }) => issue === null ? [] : formatEvent(event, JSON.stringify(issue), id)).join('')

  async function readMissed (lastId: number, upTo: number): Promise<string> {
    const reset = formatEvent('reset', '{}', upTo)
    if (lastId !== 0 && !await feed.has(lastId)) return reset
    const entries = (await feed.read(lastId, limits.missed + 1)).filter(({ id }) => id <= upTo)
    const text = eventsOf(entries)
    return entries.length > limits.missed || Buffer.byteLength(text) > limits.bufferedBytes ? reset : text
  }

  return {
    /** Sends what is new. True where more waits. */
    async turn (): Promise<boolean> {
      missed = new Map()
      if (position === null) {
        position = await feed.newest()
        beatAtMs = performance.now()
      }
      const entries = await feed.read(position, limits.batch)
      const last = entries.at(-1)
      const nowMs = performance.now()
      if (last !== undefined) {
        position = last.id
        const text = eventsOf(entries)
        if (text !== '') send(Buffer.from(text))
      }
      if (last !== undefined || nowMs - healthAtMs >= limits.healthMs) {
        const now = JSON.stringify(await feed.health())
        if (now !== health && health !== '') send(Buffer.from(formatEvent('health', now, position)))
        health = now
        healthAtMs = nowMs
      }
      if (nowMs - beatAtMs >= limits.heartbeatMs) {
        send(heartbeat)
        beatAtMs = nowMs
      }
      return entries.length === limits.batch
    },
    /** What a new client is sent first. After a turn. */
    async greet (lastId: number | null): Promise<string> {
      const upTo = position ?? 0
      if (lastId !== null && !missed.has(lastId)) missed.set(lastId, await readMissed(lastId, upTo))
      return `${retryLine}${lastId === null ? '' : missed.get(lastId) ?? ''}${formatEvent('health', health, upTo)}`
    },
    /** Nobody listens any more: the next one begins with what is newest then. */
    forget (): void {
      position = null
      health = ''
      healthAtMs = -Infinity
    },
  }
}
