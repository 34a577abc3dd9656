import { utcFormat } from 'd3-time-format'
import { wallClock } from '../../charts/wall-clock.js'
import { describeSpan } from '../../incidents/span.js'

const stampFormat = utcFormat('%b %d, %Y at %H:%M')

/** A moment: UTC until times.js has put it into the viewer's zone; the full stamp in its title. */
export function Time ({ at }: { at: string }) {
  return <time dateTime={at} title={`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`}>{`${at.slice(0, 10)} ${at.slice(11, 16)} UTC`}</time>
}

/** A moment as meshcore-stats writes it, `Jan 05, 2026 at 14:16 CET`: in this zone, until times.js has put it into the viewer's. */
export function Stamp ({ at, timeZone }: { at: string, timeZone: string }) {
  const clock = wallClock(timeZone)
  const timeMs = Date.parse(at)
  return <time dateTime={at} data-stamp='' title={`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`}>{`${stampFormat(new Date(clock.toWall(timeMs)))} ${clock.zoneName(timeMs)}`}</time>
}

/** How long something has lasted, in its two largest units. */
export function Span ({ ms }: { ms: number }) {
  return <>{describeSpan(ms)}</>
}
