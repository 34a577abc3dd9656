import { Reader, Writer } from './bytes.js'
import { int, later, raw, struct, uint } from './layout.js'
import type { AccessEntry, Neighbour, Neighbours, RepeaterStats } from './types.js'

const repeaterStats = struct<RepeaterStats>({
  bat: uint(2),
  tx_queue_len: uint(2),
  noise_floor: int(2),
  last_rssi: int(2),
  nb_recv: uint(4),
  nb_sent: uint(4),
  airtime: uint(4),
  uptime: uint(4),
  sent_flood: uint(4),
  sent_direct: uint(4),
  recv_flood: uint(4),
  recv_direct: uint(4),
  full_evts: uint(2),
  last_snr: int(2, 4),
  direct_dups: uint(2),
  flood_dups: uint(2),
  rx_airtime: later(uint(4)),
  recv_errors: later(uint(4)),
})

/**
 * A repeater's answer to a status request, from 48 bytes on (before firmware 1.8; 52 before 1.12). What follows 56 bytes is padding.
 * On the air all three are padded with zeros, often to 60 bytes, so `rx_airtime` and `recv_errors` of 0 may mean that the
 * firmware does not know them. Throws FrameError when the body is too short.
 */
export function decodeRepeaterStats (body: Uint8Array): RepeaterStats {
  return repeaterStats.read(new Reader(body, 'repeater stats'))
}

/** The struct without padding: 56 bytes, or 52 or 48 where the last fields are absent. */
export function encodeRepeaterStats (stats: RepeaterStats): Uint8Array {
  const writer = new Writer('repeater stats')
  repeaterStats.write(writer, stats)
  return writer.done()
}

const page = struct<{ total: number, returned: number }>({ total: uint(2), returned: uint(2) })

function neighbour (prefixLength: number) {
  return struct<Neighbour>({ prefix: raw(prefixLength), agoS: uint(4), snrDb: int(1, 4) })
}

/** The answer to a neighbours request with that prefix length. Padding is ignored. Throws FrameError when fewer entries are there than it says. */
export function decodeNeighbours (body: Uint8Array, prefixLength: number): Neighbours {
  const reader = new Reader(body, 'neighbours')
  const { total, returned } = page.read(reader)
  const one = neighbour(prefixLength)
  const neighbours: Neighbour[] = []
  while (neighbours.length < returned) neighbours.push(one.read(reader))
  return { total, neighbours }
}

/** Prefixes have the length that was asked for. */
export function encodeNeighbours ({ total, neighbours }: Neighbours): Uint8Array {
  const writer = new Writer('neighbours')
  page.write(writer, { total, returned: neighbours.length })
  for (const one of neighbours) neighbour(one.prefix.length).write(writer, one)
  return writer.done()
}

const prefixBytes = 6
const accessEntry = struct<AccessEntry>({ prefix: raw(prefixBytes), permissions: uint(1) })
const accessEntryBytes = prefixBytes + 1

/** The answer to an access list request: whole entries up to the padding, which is all zero. Never throws. */
export function decodeAccessList (body: Uint8Array): AccessEntry[] {
  const reader = new Reader(body, 'access list')
  const entries: AccessEntry[] = []
  while (reader.left >= accessEntryBytes) {
    const entry = accessEntry.read(reader)
    if (entry.prefix.every((byte) => byte === 0)) break
    entries.push(entry)
  }
  return entries
}

export function encodeAccessList (entries: AccessEntry[]): Uint8Array {
  const writer = new Writer('access list')
  for (const entry of entries) accessEntry.write(writer, entry)
  return writer.done()
}
