import type { Stamp } from './context.js'
import type { RowOf } from './tables.js'

type Hop = RowOf<'hop_quality'>
type Key = 'src' | 'dst' | 'hop_index' | 'from_node' | 'to_node' | 'link_type'
type Measured = Omit<Hop, Key | keyof Stamp>

/** A row of hop_quality; what is not given was not measured. */
export function hopRow (at: Stamp, hop: Pick<Hop, Key> & { [C in keyof Measured]?: Measured[C] | undefined }): Hop {
  return {
    time: at.time,
    received_at: at.received_at,
    sent_at: at.sent_at,
    clock_suspect: at.clock_suspect,
    src: hop.src,
    dst: hop.dst,
    hop_index: hop.hop_index,
    from_node: hop.from_node,
    to_node: hop.to_node,
    link_type: hop.link_type,
    interface: hop.interface ?? null,
    lq: hop.lq ?? null,
    nlq: hop.nlq ?? null,
    etx: hop.etx ?? null,
    rtt_ms: hop.rtt_ms ?? null,
    signal_dbm: hop.signal_dbm ?? null,
    noise_dbm: hop.noise_dbm ?? null,
    tx_bitrate_mbps: hop.tx_bitrate_mbps ?? null,
    rxcost: hop.rxcost ?? null,
    txcost: hop.txcost ?? null,
    quality: hop.quality ?? null,
    routable: hop.routable ?? null,
    route_cost: hop.route_cost ?? false,
    extra: hop.extra ?? null,
  }
}
