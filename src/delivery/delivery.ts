import { makeFolder } from '../folders.js'
import { Collector } from './collector.js'
import { DeliveryError, SegmentWriter } from './segment-writer.js'
import { Sender, type Counts, type SenderOptions } from './sender.js'

export { DeliveryError } from './segment-writer.js'

export interface DeliveryOptions {
  /** Several processes may share it: all put, one of them sends. Made where it is missing. */
  folder: string
  collectorUrl: URL
  /** INGEST_TOKEN. */
  token?: string
  /** Older messages are dropped; 7 days unless told. */
  maxAgeMs?: number
  /** The oldest messages are dropped beyond it; 64 MiB unless told. */
  maxBytes?: number
  log: SenderOptions['log']
  /** Milliseconds since 1970. */
  now: () => number
}

/** Counts are those of this process, what waits is that of the folder. */
export interface DeliveryStatus extends Counts {
  waiting: number
  waitingBytes: number
  /** When the oldest waiting message was put, milliseconds since 1970. */
  oldestMs: number | null
  lastSuccessMs: number | null
  /** Why nothing is taken at present. */
  trouble: { reason: string, sinceMs: number } | null
}

export interface Delivery {
  /**
   * Resolves once the message is on the disk: from then on it reaches the collector's database once, whatever is killed meanwhile.
   * Rejects with DeliveryError where it could not be kept.
   */
  put (message: object): Promise<void>
  /** Resolves true once nothing waits, whichever process sent it; false where that takes longer than `limitMs`. */
  drain (limitMs: number): Promise<boolean>
  status (): DeliveryStatus
  /** Keeps what waits for the next process. Takes 5 s at most where the collector is silent. */
  close (): Promise<void>
}

const defaultMaxAgeMs = 7 * 86_400_000
const defaultMaxBytes = 64 * 1024 * 1024
const largestSegment = 1024 * 1024
const segmentMs = 3_600_000

/**
 * The queue from which a worker posts to /ingest: files in a folder, sent oldest first. Messages are sent again when an answer was lost,
 * and the collector knows them by their identity; so nothing that was put is lost or stored twice.
 * Throws DeliveryError where the folder cannot be used.
 */
export async function openDelivery (options: DeliveryOptions): Promise<Delivery> {
  const { folder, collectorUrl: url, token, maxAgeMs = defaultMaxAgeMs, maxBytes = defaultMaxBytes, log, now } = options
  try {
    makeFolder(folder)
  } catch (error) {
    throw new DeliveryError(`${folder} cannot be made (${(error as Error).message}): let STATE_DIR or DATA_DIR name a folder that this user may write to`, { cause: error })
  }
  const writer = new SegmentWriter({ folder, segmentBytes: Math.min(largestSegment, maxBytes / 8), segmentMs, now })
  const collector = new Collector({ url, connections: 1, ...(token !== undefined && { token }) })
  const sender = new Sender({ folder, collector, writer, maxAgeMs, maxBytes, segmentMs, log, now })
  sender.start()
  let isClosed = false

  return {
    async put (message) {
      if (isClosed) throw new DeliveryError('the delivery is closed')
      await writer.append(message)
      sender.wake()
    },

    drain: (limitMs) => sender.drain(limitMs),

    status () {
      const { segments } = sender
      return {
        ...sender.counts,
        waiting: segments.reduce((sum, { waiting }) => sum + waiting, 0),
        waitingBytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
        oldestMs: segments[0]?.createdMs ?? null,
        lastSuccessMs: sender.lastSuccessMs,
        trouble: sender.trouble.present,
      }
    },

    async close () {
      isClosed = true
      await sender.stop()
      await writer.seal()
    },
  }
}
