import { group } from 'd3-array'
import { directionOf, type Column, type TableForm, type TablePage } from '../table.js'
import type { View } from '../page.js'
import { tableTexts as texts } from '../texts/tables.js'

interface TableProps<Row> {
  columns: readonly Column<Row>[]
  table: TablePage<Row>
  form: TableForm
  view: View
  /** The address of the same table sorted otherwise, or of another page of it. */
  address: (change: Record<string, string>) => string
  /** What the table is about, for people who hear it. */
  label: string
  /** Of a row, for links to it. */
  idOf: (row: Row) => string
}

/** Rows with headings that sort them, where pages are served; and the pages there are. */
export function SortedTable<Row> ({ columns, table, form, view, address, label, idOf }: TableProps<Row>) {
  return (
    <>
      <div class='scroll' data-live id='table' tabIndex={0} role='region' aria-label={label}>
        {table.total === 0
          ? <p>{texts.nothing}</p>
          : <Grid columns={columns} rows={table.rows} view={view} sorted={{ form, address }} idOf={idOf} />}
      </div>
      <Pages table={table} view={view} address={address} />
    </>
  )
}

/** A few rows in their order. */
export function ShortTable<Row> ({ columns, rows, view, label }: { columns: readonly Column<Row>[], rows: readonly Row[], view: View, label: string }) {
  return <div class='scroll' tabIndex={0} role='region' aria-label={label}><Grid columns={columns} rows={rows} view={view} /></div>
}

type Sorted = Pick<TableProps<unknown>, 'form' | 'address'>

interface GridProps<Row> { columns: readonly Column<Row>[], rows: readonly Row[], view: View, sorted?: Sorted, idOf?: (row: Row) => string }

function Grid<Row> ({ columns, rows, view, sorted, idOf }: GridProps<Row>) {
  const groups = [...group(columns, (column) => column.group ?? column.name).values()]
  const below = columns.filter((column) => column.group !== undefined)
  const heading = (column: Column<Row>) => <Heading key={column.name} column={column} span={column.group === undefined && below.length > 0 ? 2 : 1} {...sorted !== undefined && view.isLive && { sorted }} />
  return (
    <table class='figures'>
      <thead>
        <tr>{groups.map((members) => members[0]?.group === undefined ? members.map(heading) : <th key={members[0].group} scope='colgroup' colSpan={members.length} class='group'>{members[0].group}</th>)}</tr>
        {below.length > 0 && <tr>{below.map(heading)}</tr>}
      </thead>
      <tbody>{rows.map((row, i) => <tr key={i} id={idOf?.(row)}>{columns.map((column) => <td key={column.name} class={column.isNumber ? 'number' : column.name}>{column.cell(row, view)}</td>)}</tr>)}</tbody>
    </table>
  )
}

function Heading<Row> ({ column, span, sorted }: { column: Column<Row>, span: number, sorted?: Sorted }) {
  const { name, label, value, isNumber } = column
  const isSorted = value !== undefined && name === sorted?.form.sort
  const dir = directionOf(column, isSorted ? sorted.form : {})
  const turned = dir === 'asc' ? 'desc' : 'asc'
  return (
    <th scope='col' {...isNumber && { class: 'number' }} {...span > 1 && { rowSpan: span }} {...isSorted && { 'aria-sort': dir === 'asc' ? 'ascending' as const : 'descending' as const }}>
      {value === undefined || sorted === undefined ? label : <a href={sorted.address({ sort: name, dir: isSorted ? turned : dir, page: '1' })}>{label}</a>}
    </th>
  )
}

function Pages ({ table: { total, page, pages }, view: { isLive }, address }: Pick<TableProps<unknown>, 'table' | 'view' | 'address'>) {
  return (
    <p class='pages'>
      {texts.total(total)}
      {pages > 1 && <> · {texts.page(page, pages)}</>}
      {isLive && page > 1 && <> · <a rel='prev' href={address({ page: String(page - 1) })}>{texts.previous}</a></>}
      {isLive && page < pages && <> · <a rel='next' href={address({ page: String(page + 1) })}>{texts.next}</a></>}
    </p>
  )
}
