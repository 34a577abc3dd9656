import { Type, type Static } from 'typebox'
import { formatSubject, orderEnds, type Scope } from '../incidents/subject.js'
import { medium, watchedLinks } from './links-sql.js'
import type { Answer, Finding, Judgement, Judging, Observation, Rule } from './rule.js'
import { common } from './settings/common.js'
import { isoOf, spanOf, timeMs } from './sql.js'

const integer = (initial: number, minimum: number, maximum: number, description: string) => Type.Integer({ default: initial, minimum, maximum, description })

const settings = Type.Object({
  ...common({ close_after_s: 0, close_rows: 1 }),
  window_s: integer(1800, 60, 6000, 'Bad windows are counted over this span'),
  min_windows: integer(5, 1, 1000, 'So many of them must have the link as their worst hop'),
  min_paths: integer(2, 1, 1000, 'And belong to so many paths'),
  critical_paths: integer(3, 1, 1000, 'Critical from so many paths on'),
  quiet_s: integer(900, 60, 6000, 'Is clear when there was none for so long, while windows through the link are fine'),
}, { additionalProperties: false })

export type Settings = Static<typeof settings>

/** Time, src, dst, etx of the link, jitter, loss. */
export type BadWindowRow = [number, string, string, number, number | null, number | null]

export interface Seen {
  /** Of the last half hour; `windows` are the newest of them, oldest first. */
  n: number
  paths: number
  windows: BadWindowRow[]
  /** The newest window through the link since it must have been quiet; null where there is none. */
  throughMs: number | null
  /** The first window through the link after the last counted one. */
  passedMs: number | null
}

/** What was judged last: the same again is no news. */
export interface Memory { judged: string }

interface Row { at_ms: number, a: string, b: string, medium: string, n: number, paths: number, windows: BadWindowRow[], through_ms: number | null, passed_ms: number | null }

const mostWindows = 60
const mostPaths = 50

/*
 * $1: the moments judged. $2 to $6: watched links, and whether they are followed. $7, $8: seconds counted, seconds of quiet. $9, $10: windows and paths that open; $11: windows kept.
 * $12, $13: between them lie all hop rows that are looked at, as constants: other chunks are then not even planned.
 * bad_window is small, so which links are worth a look is one scan of half an hour of it; then each link is looked up by its index.
 */
const statement = `
with slot as materialized (select at from unnest($1::timestamptz[]) as slot (at)),
watched as materialized (select * from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[]) as watched (a, b, medium, after, is_followed)),
link as materialized (
  select a, b, medium, after from watched where is_followed
  union all
  select a, b, medium, max(after) from bad_window left join watched using (a, b, medium)
  where time > (select min(at) from slot) - make_interval(secs => $7) and time <= (select max(at) from slot) and a is not null
    and is_followed is not true and (after is null or time > after)
  group by a, b, medium having count(*) >= $9::integer and count(distinct (src, dst)) >= $10::integer
)
select ${timeMs('at')} as at_ms, link.a, link.b, link.medium, bad.n, bad.paths, bad.windows, ${timeMs('through.newest')} as through_ms, ${timeMs('passed.first')} as passed_ms
from slot cross join link
cross join lateral (
  select count(*)::integer as n, count(distinct (src, dst))::integer as paths, max(time) as newest,
    coalesce(json_agg(json_build_array(${timeMs('time')}, src, dst, etx, jitter_ms, loss_pct) order by time) filter (where place <= $11::integer), '[]') as windows
  from (
    select *, row_number() over (order by time desc) as place from bad_window known
    where known.a = link.a and known.b = link.b and known.medium = link.medium and time > at - make_interval(secs => $7) and time <= at and (after is null or time > after)
    offset 0
  ) counted
) bad
left join lateral (${hopsOf('max(time) as newest', 'time > at - make_interval(secs => $8)', 'desc')}) through on true
left join lateral (${hopsOf('min(time) as first', 'time > coalesce(bad.newest, at - make_interval(secs => $7))', 'asc')}) passed on true
order by at`

/** One row of each way of the link, by the index of links. */
function hopsOf (select: string, where: string, order: 'asc' | 'desc'): string {
  return `
  select ${select} from (
    select hop.time from (
      select from_node, to_node, link_type, ${medium} as its_medium from known_links where from_node = link.a and to_node = link.b
      union all
      select from_node, to_node, link_type, ${medium} from known_links where from_node = link.b and to_node = link.a
    ) way cross join lateral (
      select time from hop_quality hop
      where hop.from_node = way.from_node and hop.to_node = way.to_node and hop.link_type = way.link_type and not route_cost and time > $12 and time <= $13 and ${where} and time <= at and received_at <= at
      order by time ${order} limit 1
    ) hop
    where its_medium = link.medium
  ) row`
}

/** Rule 5. Of interest are links that the bad windows of the slots' last half hour have in common. */
export const bottleneckLink: Rule<typeof settings, Seen, Memory> = {
  name: 'bottleneck_link',
  category: 'network',
  scope: 'link',
  judgesBy: 'time',
  absence: 'closes',
  settings,
  observe (slots, watched, own) {
    const { firstMs, atMs } = spanOf(slots)
    return {
      text: statement,
      values: [
        slots.map(({ atMs }) => isoOf(atMs)), ...watchedLinks(watched), watched.map(({ isFollowed }) => isFollowed), own.window_s, own.quiet_s, own.min_windows, own.min_paths, mostWindows,
        isoOf(firstMs - 1000 * Math.max(own.window_s, own.quiet_s)), isoOf(atMs),
      ],
    }
  },
  read: readRow,
  judge,
}

function readRow ({ at_ms: atMs, a, b, medium, n, paths, windows, through_ms: throughMs, passed_ms: passedMs }: Row): Observation<Seen> {
  const ends = orderEnds(a, b)
  return { atMs, scope: { type: 'link', a: ends.a, b: ends.b, medium }, seen: { n, paths, windows, throughMs, passedMs } }
}

export function judge ({ seen: [seen], memory, incident, afterMs, scope, settings: own, moment }: Judging<Seen, Memory, Settings>): Judgement<Memory> {
  if (seen === undefined) return { answers: [], memory }
  const counted = countedSince(seen, afterMs)
  const newestMs = counted.windows.at(-1)?.[0] ?? null
  const judged = `${counted.n} ${newestMs} ${seen.throughMs}`
  const answer = judged === memory?.judged ? null : answerOf(counted, newestMs, { scope: scope as Link, own, atMs: moment.atMs })
  const isOpen = incident !== null ? answer?.is !== 'clear' : answer?.is === 'match'
  return { answers: answer === null ? [] : [answer], memory: isOpen ? { judged } : null }
}

type Link = Extract<Scope, { type: 'link' }>

/** Windows up to the end of an incident never count toward another; one may have ended since the rows were read. */
function countedSince (seen: Seen, afterMs: number | null): Seen {
  const windows = seen.windows.filter(([ms]) => afterMs === null || ms > afterMs)
  if (windows.length === seen.windows.length) return seen
  return { ...seen, windows, n: windows.length, paths: new Set(windows.map(pathOf)).size }
}

function answerOf (counted: Seen, newestMs: number | null, { scope, own, atMs }: { scope: Link, own: Settings, atMs: number }): Answer | null {
  const { n, paths, windows, throughMs, passedMs } = counted
  if (newestMs !== null && n >= own.min_windows && paths >= own.min_paths) {
    return { is: 'match', rowMs: newestMs, startedMs: windows[0]?.[0] ?? newestMs, finding: findingOf(scope, counted, own) }
  }
  const isQuiet = newestMs === null || newestMs <= atMs - own.quiet_s * 1000
  if (isQuiet && throughMs !== null) return { is: 'clear', rowMs: throughMs, endedMs: passedMs ?? throughMs }
  return newestMs === null ? null : { is: 'hold', rowMs: newestMs, run: false }
}

function findingOf ({ a, b, medium }: Link, { n, paths, windows }: Seen, own: Settings): Finding {
  const byPath = new Map<string, number>()
  for (const window of windows) byPath.set(pathOf(window), (byPath.get(pathOf(window)) ?? 0) + 1)
  const etx = windows.reduce((sum, [, , , etx]) => sum + etx, 0) / windows.length
  const name = `${a} – ${b}${medium === 'rf' ? '' : ` (${medium})`}`
  return {
    severity: paths >= own.critical_paths ? 'critical' : 'major',
    cause: `The link ${name} is the worst hop of ${n} bad windows of ${paths} paths within ${Math.round(own.window_s / 60)} min, at ETX ${etx.toFixed(2)}.`,
    nextSteps: [
      medium === 'rf' ? `Check signal, alignment and channel of the link between ${a} and ${b}` : `Check what carries the ${medium} link between ${a} and ${b}: its load and packet loss`,
      `Look at how much traffic passes between ${a} and ${b}`,
      `Give the paths through it another way round: a second link at ${a} or ${b}`,
    ],
    evidence: {
      metric: 'bad_windows', unit: '', open: own.min_windows, clear: 0,
      points: windows.map(([ms], i) => [isoOf(ms), n - windows.length + i + 1]),
      windows: n, path_count: paths, etx: Math.round(etx * 1000) / 1000,
      paths: [...byPath].sort(([x, i], [y, j]) => j - i || (x < y ? -1 : 1)).slice(0, mostPaths).map(([path, windows]) => ({ path, windows })),
    },
  }
}

function pathOf ([, src, dst]: BadWindowRow): string {
  return formatSubject({ type: 'path', src, dst })
}
