import type { Pool } from 'pg'
import { findLostRaw, openSpan, postponeRetention, refreshSpan } from '../database/late-rows.js'
import { createAddressBook } from '../ingest/addresses.js'
import type { Arrival } from '../ingest/arrival.js'
import { flush, type FlushContext } from '../ingest/flush.js'
import { createNameBook } from '../ingest/names.js'
import { createMessageReader, type MessageReader } from '../messages/index.js'
import { groupRows, type Reading } from './readings.js'
import type { Role, StatsFile, StatsSummary } from './stats-file.js'

export interface ImportOptions {
  pool: Pool
  file: StatsFile
  summary: StatsSummary
  /** Which radio each role of the file is. */
  nodes: Partial<Record<Role, string>>
  /** Ends the import between two transactions. */
  signal: AbortSignal
  /** Milliseconds since 1970. */
  now: () => number
  /** Times of the file, in seconds; `rows` counts those done in this run. */
  onProgress: (atS: number, rows: number) => void
}

/** Counts are rows of the file, but `readings`: a radio's values of one time. */
export interface ImportResult {
  rows: number
  /** When the last import came this far, the rows before were not looked at again. */
  resumedAtS: number | null
  readings: { stored: number, known: number }
  /** Null values, and times and names that cannot be true. */
  leftOut: number
  /** Of spans whose readings the database has dropped already, keeping their aggregates only. */
  tooOld: number
}

const daySeconds = 86_400
/** Rows of so many days are stored, then aggregated: what an interrupted import has stored is aggregated with little delay. */
const spanSeconds = 30 * daySeconds
const batchReadings = 400
/** Times that ingest believes, too. */
const year2020S = Date.UTC(2020, 0, 1) / 1000
const aheadS = 300

/**
 * Stores the rows of a file as the readings of its radios, as if each had been received at its time, and makes the hourly and daily
 * aggregates of them, before a retention may drop them. Goes on where an import of the same file was ended; a second one stores nothing new.
 * Rejects with the reason of `signal`.
 */
export async function importStats (options: ImportOptions): Promise<ImportResult> {
  const { pool, file, signal } = options
  const context: FlushContext = { pool, names: createNameBook(), addresses: createAddressBook(), now: options.now }
  const endS = Math.floor(options.now() / 1000) + aheadS
  const resumedAtS = await findResume(options, context, endS)
  const outside = file.countOutside(year2020S, endS)
  const result: ImportResult = { rows: outside, resumedAtS, readings: { stored: 0, known: 0 }, leftOut: outside, tooOld: 0 }
  const read = createMessageReader()
  const startS = resumedAtS ?? year2020S
  for (const number of file.spans(startS, endS, spanSeconds)) {
    signal.throwIfAborted()
    const [fromS, toS] = [number * spanSeconds, (number + 1) * spanSeconds]
    const span = [isoOf(fromS), isoOf(toS)] as const
    const readings = groupRows(file.rows(Math.max(fromS, startS), Math.min(toS, endS)), options.nodes)
    if (await findLostRaw(pool, 'radio_metrics', span)) {
      for (const { rows } of readings) result.tooOld += rows
      continue
    }
    await postponeRetention(pool, 'radio_metrics')
    await openSpan(pool, 'radio_metrics', span)
    await storeAll(readings, { options, context, read, result })
    await refreshSpan(pool, 'radio_metrics', span)
  }
  return result
}

interface Storing { options: ImportOptions, context: FlushContext, read: MessageReader, result: ImportResult }

async function storeAll (readings: Iterable<Reading>, { options, context, read, result }: Storing): Promise<void> {
  let batch: Arrival[] = []
  let atS = 0
  const store = async (): Promise<void> => {
    const outcomes = await flush(context, batch, [])
    for (const outcome of outcomes.values()) result.readings[outcome === 'stored' ? 'stored' : 'known']++
    batch = []
    options.onProgress(atS, result.rows)
    options.signal.throwIfAborted()
  }
  for (const { ts, rows, leftOut, message } of readings) {
    atS = ts
    result.rows += rows
    result.leftOut += leftOut
    const arrival = message === null ? null : toArrival(message, ts * 1_000_000, read)
    if (arrival === null) {
      result.leftOut += rows - leftOut
      continue
    }
    batch.push(arrival)
    if (batch.length >= batchReadings) await store()
  }
  if (batch.length > 0) await store()
}

/** Received at its own time: rules that judge what has just arrived leave it alone. Null where the contract does not allow it. */
function toArrival (message: object, micros: number, read: MessageReader): Arrival | null {
  const result = read(message, { receivedAt: micros, networkStatusTiming: 'unusable' })
  if (!result.ok || result.message.clockSuspect) return null
  return { message: result.message, raw: () => Buffer.from(JSON.stringify(message)), receivedAt: micros, address: null }
}

/** A row that came by an import: it was received at its own time, which no other is. */
const isImported = 'select exists (select from radio_metrics where node = $1 and metric = $2 and time = to_timestamp($3::float8) and received_at = time) as is_there'

/**
 * The time up to which an earlier import has come, null where there was none. Imports store a file from its beginning, so what is
 * there of it is found by halving.
 */
async function findResume ({ pool, file, nodes, summary }: ImportOptions, { names }: FlushContext, endS: number): Promise<number | null> {
  await names.learn(pool, Object.values(nodes))
  const isThere = async (fromS: number): Promise<boolean> => {
    for (const { message, ts } of groupRows(file.rows(fromS, endS), nodes)) {
      if (message === null) continue
      const { rows: [row] } = await pool.query<{ is_there: boolean }>(isImported, [names.spelling(message.node), Object.keys(message.metrics)[0], ts])
      return row?.is_there === true
    }
    return false
  }
  let [done, open] = [Math.max(summary.fromS, year2020S), Math.min(summary.toS + 1, endS)]
  if (!await isThere(done)) return null
  while (open - done > 1) {
    const middle = Math.floor((done + open) / 2)
    if (await isThere(middle)) done = middle
    else open = middle
  }
  return done
}

function isoOf (seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
