import type { IssueReferenceBody } from '../../http/schemas/issues.js'
import { rowId } from '../file-name.js'
import { Filter } from '../parts/filter.js'
import { figure, IssueRefs, worstOf } from '../parts/figure.js'
import { Markup } from '../parts/markup.js'
import { SortedTable } from '../parts/table.js'
import { Time } from '../parts/time.js'
import { renderPage, type View } from '../page.js'
import type { Column, TableForm, TablePage } from '../table.js'
import { sitesTexts } from '../texts/places.js'
import { nodesTexts as texts, tableTexts } from '../texts/tables.js'

export const nodeKinds = ['router', 'companion', 'repeater'] as const
export const nodeStates = ['active', 'inactive', 'dead', 'retired'] as const

export interface NodeRow {
  id: string
  kind: typeof nodeKinds[number]
  status: typeof nodeStates[number]
  version: string | null
  model: string | null
  cpu_pct: number | null
  free_mem_mb: number | null
  load1: number | null
  bat_pct: number | null
  crashes: number
  last_seen: string | null
  /** Open, of the node and of the paths and links that end there. */
  issues: IssueReferenceBody[]
}

/** Processor, or load where that is all a node tells; null for radios. */
type Sparked = NodeRow & { spark: string | null }

export interface NodesForm extends TableForm { q?: string, status?: NodeRow['status'], kind?: NodeRow['kind'] }

export interface NodesDocument { form: NodesForm, table: TablePage<Sparked>, isCut: boolean }

const { columns: labels } = texts

export const nodeColumns: readonly Column<NodeRow>[] = [
  { name: 'node', label: labels.node, value: ({ id }) => id, cell: ({ id }, { href }) => <a href={href({ to: 'node', id })}>{id}</a> },
  { name: 'kind', label: labels.kind, value: ({ kind }) => kind, cell: ({ kind }) => texts.kinds[kind] },
  { name: 'status', label: labels.status, value: ({ status }) => nodeStates.indexOf(status), cell: ({ status }) => <span class={`state ${status}`}>{texts.statuses[status]}</span> },
  { name: 'version', label: labels.version, value: ({ version }) => version, cell: ({ version }) => version },
  { name: 'model', label: labels.model, value: ({ model }) => model, cell: ({ model }) => model },
  { name: 'cpu', label: labels.cpu, isNumber: true, value: (row) => row.cpu_pct, cell: (row) => figure(row.cpu_pct, 0) },
  { name: 'memory', label: labels.memory, isNumber: true, value: (row) => row.free_mem_mb, cell: (row) => figure(row.free_mem_mb, 0) },
  { name: 'load', label: labels.load, isNumber: true, value: ({ load1 }) => load1, cell: ({ load1 }) => figure(load1, 2) },
  { name: 'battery', label: labels.battery, isNumber: true, value: (row) => row.bat_pct, cell: (row) => figure(row.bat_pct, 0) },
  { name: 'crashes', label: labels.crashes, isNumber: true, value: ({ crashes }) => crashes, cell: ({ crashes }) => crashes === 0 ? '—' : crashes },
  { name: 'seen', label: tableTexts.lastSeen, value: (row) => row.last_seen, cell: (row) => row.last_seen !== null && <Time at={row.last_seen} /> },
  { name: 'issues', label: tableTexts.issues, value: ({ issues }) => worstOf(issues), cell: ({ issues }, view) => <IssueRefs issues={issues} view={view} /> },
]

const spark: Column<Sparked> = { name: 'trend', label: texts.trend, cell: ({ spark }) => spark !== null && <Markup svg={spark} /> }

/** Every node and radio with what it last said of itself. */
export function drawNodes (view: View, { form, table, isCut }: NodesDocument): string {
  const { q, status, kind, sort, dir } = form
  const any = ['', tableTexts.any] as const
  return renderPage(view, {
    title: texts.title,
    section: 'nodes',
    children: (
      <>
        <h1>{texts.title}</h1>
        <p><a href={view.href({ to: 'sites' })}>{sitesTexts.all}</a></p>
        {view.isLive && (
          <Filter
            action={view.href({ to: 'nodes' })} kept={{ sort, dir }} fields={[
              { name: 'q', label: tableTexts.search, value: q },
              { name: 'status', label: labels.status, value: status, values: [any, ...Object.entries(texts.statuses)] },
              { name: 'kind', label: labels.kind, value: kind, values: [any, ...Object.entries(texts.kinds)] },
            ]}
          />
        )}
        <SortedTable columns={[...nodeColumns, spark]} table={table} form={form} view={view} label={texts.title} idOf={({ id }) => rowId(id)} address={(change) => view.href({ to: 'nodes', query: { q, status, kind, sort, dir, ...change } })} />
        {isCut && <p class='hint'>{tableTexts.cut(table.total)}</p>}
      </>
    ),
  })
}
