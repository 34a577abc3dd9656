import type { RowOf } from './tables.js'

type Hop = RowOf<'hop_quality'>
type Required = 'time' | 'received_at' | 'sent_at' | 'clock_suspect' | 'src' | 'dst' | 'hop_index' | 'from_node' | 'to_node' | 'link_type'

const notMeasured = {
  interface: null, lq: null, nlq: null, etx: null, rtt_ms: null, signal_dbm: null, noise_dbm: null, tx_bitrate_mbps: null,
  rxcost: null, txcost: null, quality: null, route_cost: false, extra: null,
}

/** A row of hop_quality; what is not given was not measured. */
export function hopRow (values: Pick<Hop, Required> & Partial<Hop>): Hop {
  return { ...notMeasured, ...values }
}
