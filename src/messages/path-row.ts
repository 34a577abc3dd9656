import type { Stamp } from './context.js'
import type { withoutLost } from './measured.js'
import type { RowOf } from './tables.js'

type Path = RowOf<'path_probe'>
type Key = 'src' | 'dst' | 'peer' | 'route'
type Other = Omit<Path, Key | keyof Stamp | keyof ReturnType<typeof withoutLost>>

/** A row of path_probe; what is not given is usable and was not said. */
export function pathRow (at: Stamp, measured: ReturnType<typeof withoutLost>, path: Pick<Path, Key> & Partial<Other>): Path {
  return {
    time: at.time,
    received_at: at.received_at,
    sent_at: at.sent_at,
    clock_suspect: at.clock_suspect,
    src: path.src,
    dst: path.dst,
    peer: path.peer,
    route: path.route,
    rtt_ms: measured.rtt_ms,
    jitter_ms: measured.jitter_ms,
    loss_pct: measured.loss_pct,
    window_s: path.window_s ?? null,
    timing_usable: path.timing_usable ?? true,
    loss_usable: path.loss_usable ?? true,
    neighbors_seen: path.neighbors_seen ?? null,
    extra: path.extra ?? null,
  }
}
