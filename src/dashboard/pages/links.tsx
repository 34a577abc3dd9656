import type { LinkBody } from '../../http/schemas/paths.js'
import { rowId } from '../file-name.js'
import { Filter } from '../parts/filter.js'
import { bothWays, figure, IssueRefs, worstOf } from '../parts/figure.js'
import { Markup } from '../parts/markup.js'
import { SortedTable } from '../parts/table.js'
import { Time } from '../parts/time.js'
import { renderPage, type View } from '../page.js'
import type { Column, TableForm, TablePage } from '../table.js'
import { linksTexts as texts, tableTexts } from '../texts/tables.js'

export type LinkRow = Omit<LinkBody, 'hour'>

export const linksShown = ['issues', 'one-way'] as const
export interface LinksForm extends TableForm { q?: string, node?: string, medium?: string, only?: typeof linksShown[number] }

export interface LinksDocument {
  form: LinksForm
  table: TablePage<LinkRow & { spark: string }>
  /** Every medium there is a link of. */
  media: string[]
  isCut: boolean
}

const { columns: labels } = texts

/** The end that hears worse, or pays more, tells how good a link is. */
function lesser (a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || a === undefined ? b ?? null : b === null || b === undefined ? a : Math.min(a, b)
}

function greater (a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || a === undefined ? b ?? null : b === null || b === undefined ? a : Math.max(a, b)
}

/** What each end says by itself. */
function ofEnds ({ ends: { a, b } }: Pick<LinkRow, 'ends'>, metric: 'signal_dbm' | 'snr_db' | 'txcost'): [a: number | null | undefined, b: number | null | undefined] {
  return [a?.[metric], b?.[metric]]
}

export const linkColumns: readonly Column<LinkRow>[] = [
  { name: 'link', label: labels.link, value: ({ a, b }) => `${a} ${b}`, cell: ({ a, b, medium }, { href }) => <a href={href({ to: 'link', a, b, medium })}>{`${a} – ${b}`}</a> },
  { name: 'medium', label: labels.medium, value: ({ medium }) => medium, cell: ({ medium }) => medium },
  { name: 'lq', label: labels.lq, isNumber: true, value: ({ last }) => last.lq, cell: ({ last }) => figure(last.lq, 2) },
  { name: 'nlq', label: labels.nlq, isNumber: true, value: ({ last }) => last.nlq, cell: ({ last }) => figure(last.nlq, 2) },
  { name: 'etx', label: labels.etx, isNumber: true, value: ({ last }) => last.etx, cell: ({ last }) => figure(last.etx, 2) },
  { name: 'signal', label: labels.signal, isNumber: true, value: (link) => lesser(...ofEnds(link, 'signal_dbm')), cell: (link) => bothWays(...ofEnds(link, 'signal_dbm'), 0) },
  { name: 'snr', label: labels.snr, isNumber: true, value: (link) => lesser(...ofEnds(link, 'snr_db')), cell: (link) => bothWays(...ofEnds(link, 'snr_db'), 0) },
  { name: 'cost', label: labels.cost, isNumber: true, value: (link) => greater(...ofEnds(link, 'txcost')), cell: (link) => bothWays(...ofEnds(link, 'txcost'), 0) },
  { name: 'seen', label: tableTexts.lastSeen, value: ({ last }) => last.time, cell: ({ last }) => <Time at={last.time} /> },
  { name: 'issues', label: tableTexts.issues, value: (link) => worstOf(link.open_issues), cell: (link, view) => <IssueRefs issues={link.open_issues} view={view} /> },
]

const spark: Column<{ spark: string }> = { name: 'trend', label: texts.trend, cell: ({ spark }) => <Markup svg={spark} /> }

/** Every link reported within a day, as its ends last told it. */
export function drawLinks (view: View, { form, table, media, isCut }: LinksDocument): string {
  const { q, node, medium, only, sort, dir } = form
  return renderPage(view, {
    title: texts.title,
    section: 'links',
    children: (
      <>
        <h1>{texts.title}</h1>
        <p class='hint'>{texts.hint}</p>
        {view.isLive && (
          <Filter
            action={view.href({ to: 'links' })} kept={{ sort, dir }} fields={[
              { name: 'q', label: tableTexts.search, value: q },
              { name: 'node', label: tableTexts.node, value: node },
              { name: 'medium', label: texts.medium, value: medium, values: [['', tableTexts.any], ...media.map((name) => [name, name] as const)] },
              { name: 'only', label: tableTexts.show, value: only, values: Object.entries(texts.only) },
            ]}
          />
        )}
        <SortedTable columns={[...linkColumns, spark]} table={table} form={form} view={view} label={texts.title} idOf={({ a, b, medium }) => rowId(a, b, medium)} address={(change) => view.href({ to: 'links', query: { q, node, medium, only, sort, dir, ...change } })} />
        {isCut && <p class='hint'>{tableTexts.cut(table.total)}</p>}
      </>
    ),
  })
}
