import { arrivedWindows, atOfPlace, earliestBefore, followedPaths, isHopList, placeOfArrival, slotSpan } from './path-sql.js'
import type { Answer, Judgement, Judging, Observation, Slot, Statement, Watched } from './rule.js'
import { commitMs, slotValues, timeMs } from './sql.js'

/** Rows of paths, walked by time, each once: what `jitter_burst` and `loss_spike` have in common. */

/** One window in which the value was measured; `isStatus`: of network_status, 10 packets. */
export interface PathRow { timeMs: number, value: number, isStatus: boolean }

/** A row as the statement brings it. Where bad rows begin, the rows before it come along. */
export interface SeenRow extends PathRow {
  /** Null where the agent knew no route. */
  route: string[] | null
  before: PathRow[]
  beforeRoute: string[] | null
}

export interface PathMemory {
  /** Oldest first, the newest walked row last. */
  rows: PathRow[]
  /** The last known route. */
  route: string[] | null
  /** Until then its newest rows may be read again. */
  keepUntilMs: number
}

/** How a rule reads path_probe: SQL of its value, and of the condition that there is one. */
export interface Measure { value: string, isMeasured: string }

/** What a rule makes of its rows; the newest is the one to answer for. */
export interface Walker {
  runGapMs: number
  /** Rows are needed that reach this far back from the newest. */
  spanMs: number
  /** What is not of interest can't lead to a match, alone or with others like it. */
  isOfInterest (row: PathRow): boolean
  answer (rows: PathRow[], route: string[] | null): Answer
}

/** As long as its rows may be read again. */
const forgetMs = 2 * commitMs
const keptRows = 20
const mostRows = 100

/**
 * $5: what each slot comes after; $6: values above are of interest; $7, $8: paths that are followed; $9: seconds. Late is what has a newer row of its path that was there
 * before the slot. The look-ups are lateral with their conditions and limits inside: left to the planner, many slots at once read whole tables.
 * Of a path that is followed its memory knows all that; with several slots ($11) it may end in between.
 * $10 and $2 bound them once more by what the planner can see: it then plans for the chunks of a week, and not for those of 90 days.
 */
function textOf ({ value, isMeasured }: Measure): string {
  const columns = `${value}::float8 as value, window_s is null as is_status, route`
  return `
    with arrived as materialized (
      ${arrivedWindows(columns, isMeasured)}
    ), wanted as (
      select src, dst, bool_or(is_followed) and not $11 as is_remembered
      from (
        select src, dst, false as is_followed from arrived where value > $6::float8
        union all
        select src, dst, true from unnest($7::text[], $8::text[]) as followed (src, dst)
      ) candidate
      group by src, dst
    ), placed as (
      select *, lag(value) over (partition by src, dst order by time) as value_before, ${placeOfArrival} as place
      from arrived join wanted using (src, dst)
    )
    select ${timeMs(atOfPlace)} as at_ms, src, dst, ${timeMs('placed.time')} as time_ms, value, is_status,
      case when ${isHopList('placed.route')} then placed.route end as route, before.rows as before, before.route as before_route
    from placed
    left join lateral (
      select json_agg(json_build_array(${timeMs('time')}, value, is_status) order by time) as rows, (array_agg(route order by time desc) filter (where ${isHopList('route')}))[1] as route
      from (
        select time, ${columns} from path_probe
        where not placed.is_remembered and placed.value > $6::float8 and (placed.value_before is null or placed.value_before <= $6::float8)
          and src = placed.src and dst = placed.dst and time < placed.time and time > placed.time - $9::float8 * interval '1 second' and time > $10 and time <= $2
          and received_at <= ${atOfPlace} and ${isMeasured}
        order by time desc limit ${keptRows}
      ) earlier
    ) before on true
    left join lateral (
      select true as is_there from path_probe
      where not placed.is_remembered and src = placed.src and dst = placed.dst and time > placed.time and time <= ($5::timestamptz[])[place] and time > $3 and time <= $2 and received_at <= ($5::timestamptz[])[place] and ${isMeasured}
      limit 1
    ) later on true
    where later.is_there is null
    order by src, dst, placed.time`
}

export function pathStatement (measure: Measure, { slots, watched, interest, runGapS }: { slots: Slot[], watched: Watched[], interest: number, runGapS: number }): Statement {
  return { text: textOf(measure), values: [...slotSpan(slots), slotValues(slots)[1], interest, ...followedPaths(watched), runGapS, earliestBefore(slots, runGapS), slots.length > 1] }
}

export interface PathRowRead {
  at_ms: number
  src: string
  dst: string
  time_ms: number
  value: number
  is_status: boolean
  route: string[] | null
  before: Array<[number, number, boolean]> | null
  before_route: string[] | null
}

export function readPathRow ({ at_ms: atMs, src, dst, time_ms: timeMs, value, is_status: isStatus, route, before, before_route: beforeRoute }: PathRowRead): Observation<SeenRow> {
  const earlier = (before ?? []).map(([timeMs, value, isStatus]) => ({ timeMs, value, isStatus }))
  return { atMs, scope: { type: 'path', src, dst }, seen: { timeMs, value, isStatus, route, before: earlier, beforeRoute } }
}

/** Walks the rows of a path, one answer for each; what is older than the newest walked row is late and left out. */
export function walkPath ({ seen, memory, incident, afterMs, moment }: Pick<Judging<SeenRow, PathMemory, unknown>, 'seen' | 'memory' | 'incident' | 'afterMs' | 'moment'>, walker: Walker): Judgement<PathMemory> {
  const answers: Answer[] = []
  let known = memory
  for (const row of seen) {
    const newest = known?.rows.at(-1)
    if (newest !== undefined && row.timeMs <= newest.timeMs) continue
    known = follow(known, row, walker, moment.atMs)
    const counted = known.rows.filter(({ timeMs }) => afterMs === null || timeMs > afterMs)
    if (counted.length > 0) answers.push(walker.answer(counted, known.route))
  }
  const isQuiet = known === null || (incident === null && !known.rows.slice(-keptRows).some(walker.isOfInterest))
  if (!isQuiet) return { answers, memory: known }
  const isReadAgain = known !== null && known.keepUntilMs > moment.atMs
  return isReadAgain ? { answers, memory: known, wakeMs: known?.keepUntilMs ?? null } : { answers, memory: null }
}

function follow (memory: PathMemory | null, { before, beforeRoute, route, ...row }: SeenRow, { runGapMs, spanMs, isOfInterest }: Walker, atMs: number): PathMemory {
  const known = memory ?? { rows: before, route: beforeRoute, keepUntilMs: 0 }
  const newest = known.rows.at(-1)
  const run = newest !== undefined && row.timeMs - newest.timeMs > runGapMs ? [] : known.rows
  const rows = [...run, row]
  return {
    rows: rows.filter(({ timeMs }, i) => i >= rows.length - keptRows || timeMs > row.timeMs - spanMs).slice(-mostRows),
    route: route ?? known.route,
    keepUntilMs: isOfInterest(row) ? atMs + forgetMs : known.keepUntilMs,
  }
}

/** The rows at the end that all hold. */
export function trailing (rows: PathRow[], holds: (row: PathRow) => boolean): PathRow[] {
  return rows.slice(rows.findLastIndex((row) => !holds(row)) + 1)
}

export function meanOf (rows: PathRow[]): number {
  return rows.reduce((sum, { value }) => sum + value, 0) / rows.length
}
