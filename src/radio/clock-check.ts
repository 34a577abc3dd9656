import type { Clock } from '../clock.js'
import { RadioError, type ClockCheck } from './companion.js'
import type { Link } from './link.js'

/** Repeaters tolerate a clock behind by nothing, but a second is lost in reading it (meshcore.md 1.5). */
const TOLERANCE_S = 2
/** This program is younger. A host without a battery-backed clock starts in 1970 or when its image was made. */
const EARLIEST_S = Date.UTC(2026, 0, 1) / 1000
/** A radio's clock can't be set back: whatever writes a date beyond into it makes it useless for good. */
const LATEST_S = Date.UTC(2050, 0, 1) / 1000

/** Reads the companion's clock and sets it when it is behind the host's. Sets it at most once: a clock that is ahead only moves forward. */
export async function checkClock (link: Link, clock: Clock): Promise<ClockCheck> {
  const radioS = await link.ask({ is: 'get_time' }, (frame) => frame.is === 'time' ? { answer: frame.timeS } : null)
  const hostS = clock.now() / 1000
  const offsetS = Math.round(radioS - hostS)
  if (hostS < EARLIEST_S || hostS >= LATEST_S) return { state: 'host_wrong', offsetS }
  if (offsetS > TOLERANCE_S) return { state: 'ahead', offsetS }
  if (offsetS >= -TOLERANCE_S) return { state: 'right', offsetS }
  try {
    await link.ask({ is: 'set_time', timeS: Math.floor(clock.now() / 1000) }, (frame) => frame.is === 'ok' ? { answer: null } : null)
    return { state: 'was_set', offsetS }
  } catch (error) {
    if (error instanceof RadioError && error.problem === 'refused') return { state: 'behind', offsetS }
    throw error
  }
}
