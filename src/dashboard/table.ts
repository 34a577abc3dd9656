import type { ComponentChildren } from 'preact'
import type { View } from './page.js'

/** How a table is asked for: what its address says. */
export interface TableForm {
  sort: string
  /** Undefined: as the column is looked at first. */
  dir?: Direction | undefined
  /** From 1. */
  page: number
  /** Rows of a page; 200 unless told. */
  perPage?: number
}

export type Direction = 'asc' | 'desc'

export interface Column<Row> {
  /** In addresses. */
  name: string
  label: string
  /** Heading above it and its neighbours of the same group. */
  group?: string
  /** What rows are sorted by, null always last. Without it the column can't be sorted. */
  value?: (row: Row) => string | number | null
  cell: (row: Row, view: View) => ComponentChildren
  isNumber?: boolean
}

export interface TablePage<Row> {
  rows: Row[]
  /** Rows of all pages. */
  total: number
  page: number
  pages: number
}

const defaultPerPage = 200
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** The largest figures first, names from A. */
export function directionOf<Row> ({ isNumber = false }: Pick<Column<Row>, 'isNumber'>, { dir }: Pick<TableForm, 'dir'>): Direction {
  return dir ?? (isNumber ? 'desc' : 'asc')
}

/** Sorts and cuts out the page that was asked for, the last one where there are fewer. Rows that equal one another keep their order. */
export function pickPage<Row> (rows: readonly Row[], columns: readonly Column<Row>[], form: TableForm): TablePage<Row> {
  const column = columns.find(({ name }) => name === form.sort)
  const sorted = column?.value === undefined ? [...rows] : sortBy(rows, column.value, directionOf(column, form) === 'asc' ? 1 : -1)
  const { perPage = defaultPerPage } = form
  const pages = Math.max(1, Math.ceil(rows.length / perPage))
  const page = Math.min(form.page, pages)
  return { rows: sorted.slice((page - 1) * perPage, page * perPage), total: rows.length, page, pages }
}

function sortBy<Row> (rows: readonly Row[], valueOf: (row: Row) => string | number | null, sign: 1 | -1): Row[] {
  return rows.map((row) => ({ row, value: valueOf(row) })).sort((x, y) => {
    if (x.value === null || y.value === null) return Number(x.value === null) - Number(y.value === null)
    return sign * (typeof x.value === 'number' && typeof y.value === 'number' ? x.value - y.value : collator.compare(String(x.value), String(y.value)))
  }).map(({ row }) => row)
}
