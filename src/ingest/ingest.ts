import type { FieldError, MessageReader } from '../messages/index.js'
import type { Micros } from '../messages/tables.js'
import { parseBody, rawText, type BodyMessage } from './body.js'
import type { Arrival } from './arrival.js'
import type { Outcome } from './flush.js'
import type { RejectedMessage } from './rejected.js'
import type { Writer } from './writer.js'

/** What a request of agents came to, as the answer shows it. received = stored + duplicates + rejected. */
export interface IngestResult {
  received: number
  stored: number
  duplicates: number
  rejected: Rejection[]
}

export interface Rejection {
  /** Position in the request, from 0. */
  index: number
  type?: string
  detail?: string
  errors: FieldError[]
}

/** Nothing of the body can be read, or there is too much of it. */
export class BodyRefused extends Error {
  constructor (readonly statusCode: 400 | 413, detail: string) {
    super(detail)
    this.name = 'BodyRefused'
  }
}

export interface IngestStats {
  onMessages (type: string, outcome: string, count: number): void
  onRepair (kind: 'non_finite' | 'utf8', count: number): void
  onUnreadable (address: string): void
}

export interface IngestOptions {
  writer: Writer
  read: MessageReader
  /** Messages and results (probes, tests) at most in one request. */
  maxMessages: number
  networkStatusTiming: 'trusted' | 'unusable'
  /** Receipt times, microseconds, strictly increasing. */
  nextReceipt: () => Micros
  stats: IngestStats
}

export interface Ingest {
  /**
   * Stores what a request brought; resolves after the commit. Throws BodyRefused (such a body is kept as rejected),
   * or the writer's Unavailable.
   */
  accept (body: Buffer, address: string): Promise<IngestResult>
  /** Keeps a body that can't even be read as rejected. Throws the writer's Unavailable. */
  quarantine (body: Buffer, address: string, reason: string): Promise<void>
}

export function createIngest ({ writer, read, maxMessages, networkStatusTiming, nextReceipt, stats }: IngestOptions): Ingest {
  /** One message on its way to the writer, or why it is not. */
  function check (item: BodyMessage, address: string): Arrival | Rejection {
    if ('error' in item) return { index: item.index, errors: [{ path: '', message: item.error }] }
    const receivedAt = nextReceipt()
    const result = read(item.value, { receivedAt, networkStatusTiming })
    if (result.ok) return { message: result.message, raw: () => Buffer.from(rawText(item)), receivedAt, address }
    const { ok, ...rejection } = result
    return { index: item.index, ...rejection }
  }

  async function quarantine (body: Buffer, address: string, reason: string): Promise<void> {
    stats.onUnreadable(address)
    await writer.submit({ arrivals: [], rejected: [{ receivedAt: nextReceipt(), address, reason, errors: [], body }] })
  }

  return {
    quarantine,

    async accept (body, address) {
      const parsed = parseBody(body, { maxMessages })
      if (!parsed.ok) {
        await quarantine(body, address, parsed.detail)
        throw new BodyRefused(parsed.status, parsed.detail)
      }
      if (parsed.nonFinite > 0) stats.onRepair('non_finite', parsed.nonFinite)
      if (parsed.invalidUtf8 > 0) stats.onRepair('utf8', parsed.invalidUtf8)

      const arrivals: Arrival[] = []
      const indexes: number[] = []
      const rejections: Rejection[] = []
      const kept: RejectedMessage[] = []
      for (const item of parsed.messages) {
        const checked = check(item, address)
        if ('message' in checked) {
          arrivals.push(checked)
          indexes.push(item.index)
        } else {
          rejections.push(checked)
          kept.push({ receivedAt: nextReceipt(), address, reason: reasonOf(checked), errors: checked.errors.map((error) => ({ ...error })), body: Buffer.from(rawText(item)) })
        }
      }

      const outcomes = await writer.submit({ arrivals, rejected: kept })
      const refused = arrivals.flatMap(({ message: { type } }, i): Rejection[] => {
        const outcome = outcomes[i]!
        return typeof outcome === 'string' ? [] : [{ index: indexes[i]!, type, detail: outcome.refused, errors: [] }]
      })
      countMessages(arrivals, outcomes, rejections)
      return {
        received: parsed.messages.length,
        stored: outcomes.filter((outcome) => outcome === 'stored').length,
        duplicates: outcomes.filter((outcome) => outcome === 'duplicate').length,
        rejected: [...rejections, ...refused].sort((a, b) => a.index - b.index),
      }
    },
  }

  /** Metric labels must stay few: a type that is not ours counts as unknown. */
  function countMessages (arrivals: Arrival[], outcomes: Outcome[], rejections: Rejection[]): void {
    const counts = new Map<string, number>()
    const count = (outcome: string, type: string) => counts.set(`${outcome} ${type}`, (counts.get(`${outcome} ${type}`) ?? 0) + 1)
    arrivals.forEach(({ message: { type } }, i) => count(typeof outcomes[i] === 'string' ? outcomes[i] : 'rejected', type))
    for (const { type, detail } of rejections) count('rejected', type === undefined || detail?.startsWith('unknown') ? 'unknown' : type)
    for (const [key, n] of counts) stats.onMessages(key.slice(key.indexOf(' ') + 1), key.slice(0, key.indexOf(' ')), n)
  }
}

function reasonOf ({ detail, errors }: Rejection): string {
  return detail ?? errors.map(({ path, message }) => `${path} ${message}`.trim()).join('; ')
}
