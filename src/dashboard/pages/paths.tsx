import type { PathBody } from '../../http/schemas/paths.js'
import { rowId } from '../file-name.js'
import { Filter } from '../parts/filter.js'
import { figure, IssueRefs, worstOf } from '../parts/figure.js'
import { Markup } from '../parts/markup.js'
import { SortedTable } from '../parts/table.js'
import { Time } from '../parts/time.js'
import { renderPage, type View } from '../page.js'
import type { Column, TableForm, TablePage } from '../table.js'
import { pathsTexts as texts, tableTexts } from '../texts/tables.js'

export const pathsShown = ['issues', 'quiet'] as const
export interface PathsForm extends TableForm { q?: string, node?: string, only?: typeof pathsShown[number] }

export interface PathsDocument { form: PathsForm, table: TablePage<PathBody & { spark: string }>, isCut: boolean }

const { columns: labels, groups } = texts

/** Links between the nodes of the route; null where it is not known. */
export function hopsOf ({ last: { route } }: Pick<PathBody, 'last'>): number | null {
  return route.length < 2 ? null : route.length - 1
}

const measures = [
  ['rtt', 'rtt_ms', 'timing_usable', 1], ['jitter', 'jitter_ms', 'timing_usable', 1], ['loss', 'loss_pct', 'loss_usable', 1],
] as const

function figuresOf ([name, metric, usable, digits]: typeof measures[number]): Column<PathBody>[] {
  const column = (part: string, label: string, value: (path: PathBody) => number | null): Column<PathBody> =>
    ({ name: `${name}${part}`, label, group: groups[name], isNumber: true, value, cell: (path) => figure(value(path), digits) })
  return [
    column('', labels.now, ({ last }) => last[usable] ? last[metric] : null),
    column('_avg', labels.average, ({ hour }) => hour[`${metric}_avg`]),
    column('_p95', labels.p95, ({ hour }) => hour[`${metric}_p95`]),
  ]
}

export const pathColumn: Column<Pick<PathBody, 'src' | 'dst'>> = {
  name: 'path', label: labels.path, value: ({ src, dst }) => `${src} ${dst}`, cell: ({ src, dst }, { href }) => <a href={href({ to: 'path', src, dst })}>{`${src} → ${dst}`}</a>,
}

export const pathColumns: readonly Column<PathBody>[] = [
  pathColumn,
  ...measures.flatMap(figuresOf),
  { name: 'worst', label: labels.worstHop, value: ({ worst_hop: hop }) => hop?.etx ?? null, cell: ({ worst_hop: hop }) => hop !== null && `${hop.from} – ${hop.to}, ${texts.etx(hop.etx)}` },
  { name: 'hops', label: labels.hops, isNumber: true, value: hopsOf, cell: (path) => figure(hopsOf(path), 0) },
  { name: 'seen', label: tableTexts.lastSeen, value: ({ last }) => last.time, cell: ({ last }) => <Time at={last.time} /> },
  { name: 'issues', label: tableTexts.issues, value: (path) => worstOf(path.open_issues), cell: (path, view) => <IssueRefs issues={path.open_issues} view={view} /> },
]

/** Those that tables of other pages show. */
export const shortPathColumns = pathColumns.filter(({ name }) => !/_avg$|_p95$/.test(name))

const spark: Column<{ spark: string }> = { name: 'trend', label: texts.trend, cell: ({ spark }) => <Markup svg={spark} /> }

/** Every path measured within a day. */
export function drawPaths (view: View, { form, table, isCut }: PathsDocument): string {
  const { q, node, only, sort, dir } = form
  return renderPage(view, {
    title: texts.title,
    section: 'paths',
    children: (
      <>
        <h1>{texts.title}</h1>
        <p class='hint'>{texts.hint}</p>
        {view.isLive && (
          <Filter
            action={view.href({ to: 'paths' })} kept={{ sort, dir }} fields={[
              { name: 'q', label: tableTexts.search, value: q },
              { name: 'node', label: tableTexts.node, value: node },
              { name: 'only', label: tableTexts.show, value: only, values: Object.entries(texts.only) },
            ]}
          />
        )}
        <SortedTable columns={[...pathColumns, spark]} table={table} form={form} view={view} label={texts.title} idOf={({ src, dst }) => rowId(src, dst)} address={(change) => view.href({ to: 'paths', query: { q, node, only, sort, dir, ...change } })} />
        {isCut && <p class='hint'>{tableTexts.cut(table.total)}</p>}
      </>
    ),
  })
}
