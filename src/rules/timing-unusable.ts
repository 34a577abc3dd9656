import { Type, type Static } from 'typebox'
import { atMarks, placeOf } from './marks.js'
import { nodesOf } from './messages-between.js'
import type { Finding, Rule } from './rule.js'
import { common } from './settings/common.js'
import { isoOf, timeMs } from './sql.js'

const settings = Type.Object({
  ...common({ close_after_s: 900, close_rows: 2 }),
  open_windows: Type.Integer({ default: 5, minimum: 1, maximum: 20, description: 'So many windows of the node whose timing can\'t be used open' }),
  window_s: Type.Integer({ default: 1200, minimum: 60, maximum: 86_400, description: 'within this time; none in it, and windows with usable timing, clear (seconds)' }),
}, { additionalProperties: false })

type Settings = Static<typeof settings>

/** Windows that one minute brought: times of those whose timing can't be used (ascending, the newest 60), of the newest other one. */
interface Seen { flagged: number[], usableMs: number | null }

/** Times of the newest windows that can't be used, as many as open, and since when they have come without a pause. */
interface Memory { firstMs: number, flagged: number[] }

/** Nodes with such windows in this minute, and those watched. Windows to phones are nobody's measure. */
const statement = `
select ${timeMs('($1::timestamptz[])[place]')} as at_ms, src as node,
  (array_agg(${timeMs('time')} order by time desc) filter (where not timing_usable))[:60] as flagged, ${timeMs('max(time) filter (where timing_usable)')} as usable_ms
from path_probe, lateral (select ${placeOf('received_at', '$2')} as place) as slot
where received_at > $3 and received_at <= $4 and time > $3::timestamptz - interval '1 day' and dst not like 'phone:%'
group by src, place having not bool_and(timing_usable) or src = any($5::text[])`

interface Row { at_ms: number, node: string, flagged: number[] | null, usable_ms: number | null }

/** An agent measures times that are wrong by construction. */
export const timingUnusable: Rule<typeof settings, Seen, Memory> = {
  name: 'timing_unusable',
  category: 'data_quality',
  scope: 'node',
  judgesBy: 'time',
  absence: 'closes',
  settings,
  observe: (slots, watched) => atMarks(slots, statement, nodesOf(watched)),
  read: ({ at_ms: atMs, node, flagged, usable_ms: usableMs }: Row) => ({ atMs, scope: { type: 'node', node }, seen: { flagged: (flagged ?? []).toReversed(), usableMs } }),
  judge ({ seen, scope, memory, afterMs, settings, moment: { atMs } }) {
    const sinceMs = atMs - settings.window_s * 1000
    const isRecent = (ms: number): boolean => ms > sinceMs && (afterMs === null || ms > afterMs)
    const all = [...new Set([...memory?.flagged ?? [], ...seen.flatMap(({ flagged }) => flagged)])].filter((ms) => ms <= atMs).filter(isRecent).sort((a, b) => a - b)
    const usableMs = Math.max(...seen.map(({ usableMs }) => usableMs ?? 0))
    const [first, newest] = [all[0], all.at(-1)]
    if (first === undefined || newest === undefined) return { answers: usableMs > sinceMs ? [{ is: 'clear', rowMs: usableMs }] : [], memory: null }
    const isGoingOn = memory !== null && memory.flagged.some(isRecent)
    const kept = { firstMs: isGoingOn ? memory.firstMs : first, flagged: all.slice(-settings.open_windows) }
    const rowMs = Math.max(newest, usableMs)
    if (all.length < settings.open_windows) return { answers: seen.length === 0 ? [] : [{ is: 'hold', rowMs, run: false }], memory: kept }
    const finding = findingOf(scope.type === 'node' ? scope.node : '', kept.flagged, settings)
    return { answers: [{ is: 'match', rowMs: newest, startedMs: kept.firstMs, finding }], memory: kept }
  },
}

function findingOf (node: string, flagged: number[], settings: Settings): Finding {
  return {
    severity: 'minor',
    cause: `The agent of ${node} sends network_status, whose round-trip times and jitter are wrong by construction: a true 5 ms reads as about 450 ms, and jitter as about 100 ms on every path.`,
    nextSteps: [
      `Update the agent on ${node} to a version that sends path_result`,
      `Do not read round-trip times or jitter of paths from ${node}; its loss counts only where the round trip stays below 480 ms`,
      'If your version of the agent measures rightly, set NETWORK_STATUS_TIMING=trusted',
    ],
    evidence: { metric: 'unusable_windows', unit: '', open: settings.open_windows, clear: 0, points: flagged.slice(-60).map((ms): [string, null] => [isoOf(ms), null]) },
  }
}
