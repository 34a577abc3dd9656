import type { Statement } from '../rules/rule.js'
import { isoOf } from '../rules/sql.js'
import { formatSubject, type Scope } from './subject.js'

/** Whom an incident hits: `routes` is how many paths, `paths` lists the first of them, `nodes` their ends. */
export interface Impact { routes: number, nodes: string[], paths: string[] }

export interface ImpactLimits { spanMs: number, paths: number }

export interface ImpactRow { place: number, routes: number, src: string[], dst: string[] }

/**
 * $1: places of the subjects; $2, $3: their ends, the second null for a node. $4, $5: the span. $6: how many paths are listed.
 * Routes are taken apart once, then joined by hash: 50 subjects take little longer than one. Of a few, $7 are the ends: only routes through one of
 * them are taken apart, which takes a third of the time. A route does not tell the medium: of two links between the same nodes both are hit.
 */
const statement = `
with subject as (select * from unnest($1::integer[], $2::text[], $3::text[]) as subject (place, a, b)),
recent as materialized (
  select distinct src, dst, route from path_route
  where bucket > $4::timestamptz - interval '10 minutes' and bucket <= $5::timestamptz and last_time > $4
    and ($7::text[] is null or route && $7 or src = any($7) or dst = any($7))
),
step as materialized (select src, dst, x, y from recent cross join lateral unnest(route, route[2:]) as step (x, y)),
hit as (
  select place, src, dst from subject join step on x = a where b is null
  union select place, src, dst from subject join recent on src = a where b is null
  union select place, src, dst from subject join recent on dst = a where b is null
  union select place, src, dst from subject join step on x = a and y = b
  union select place, src, dst from subject join step on x = b and y = a
)
select place, count(*)::integer as routes, (array_agg(src order by src, dst))[1:$6] as src, (array_agg(dst order by src, dst))[1:$6] as dst
from hit group by place`

/** With more, looking for each of them in every route takes longer than it spares. */
const fewSubjects = 12

/** Which of the paths of the last span run through each subject; null where none needs a look. `impactOf` makes the answer of its rows. */
export function findImpact (subjects: Scope[], atMs: number, { spanMs, paths }: ImpactLimits): Statement | null {
  const wanted = subjects.flatMap((scope, place): Array<{ place: number, a: string, b: string | null }> => {
    if (scope.type === 'link') return [{ place, a: scope.a, b: scope.b }]
    return scope.type === 'node' ? [{ place, a: scope.node, b: null }] : []
  })
  if (wanted.length === 0) return null
  const values = [wanted.map(({ place }) => place), wanted.map(({ a }) => a), wanted.map(({ b }) => b), isoOf(atMs - spanMs), isoOf(atMs), paths, wanted.length > fewSubjects ? null : wanted.map(({ a }) => a)]
  return { text: statement, values }
}

/** One for each subject, in their order. A path hits itself alone, the collector nobody. */
export function impactOf (subjects: Scope[], rows: ImpactRow[]): Impact[] {
  const byPlace = new Map(rows.map((row) => [row.place, row]))
  return subjects.map((scope, place) => {
    if (scope.type === 'path') return { routes: 1, nodes: [scope.src, scope.dst], paths: [formatSubject(scope)] }
    const { routes, src, dst } = byPlace.get(place) ?? { routes: 0, src: [], dst: [] }
    const paths = src.map((from, i) => formatSubject({ type: 'path', src: from, dst: dst[i] ?? '' }))
    return { routes, nodes: [...new Set([...src, ...dst])].sort(), paths }
  })
}

/** Routes that paths took in the span, newest first; the agent knew none where there is no row. */
export function findRoutes (paths: Array<{ src: string, dst: string }>, atMs: number, spanMs: number): Statement {
  return { text: routesStatement, values: [paths.map(({ src }) => src), paths.map(({ dst }) => dst), isoOf(atMs - spanMs), isoOf(atMs)] }
}

const routesStatement = `
select src, dst, route
from unnest($1::text[], $2::text[]) as path (src, dst) join path_route using (src, dst)
where bucket > $3::timestamptz - interval '10 minutes' and bucket <= $4::timestamptz and last_time > $3 and route <> '{}'
group by src, dst, route
order by max(last_time) desc`
