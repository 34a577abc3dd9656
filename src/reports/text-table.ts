/** A heading and how many columns it stands over. */
export type Head = readonly [text: string, columns: number]

export interface TextTable {
  /** Least width of each column. */
  widths: readonly number[]
  /** Lines of headings, each over all columns. */
  heads: readonly (readonly Head[])[]
  rows: string[][]
  /** Below a rule; none where undefined. */
  foot?: string[]
  /** Columns that begin at the left. */
  left?: readonly number[]
}

const gap = '  '
/** A value that is not there. */
export const missing = '-'

export function centre (text: string, width: number): string {
  return text.padStart(Math.floor((width + text.length) / 2)).padEnd(width)
}

/** Lines of a table whose columns are as wide as what stands in them; `width` is that of its rule. */
export function layTable (table: TextTable): { lines: string[], width: number } {
  const { heads, rows, foot, left = [] } = table
  const widths = columnWidths(table)
  const cell = (text: string, i: number) => {
    const width = widths[i] ?? text.length
    if (text === missing) return centre(text, width)
    return left.includes(i) ? text.padEnd(width) : text.padStart(width)
  }
  const line = (cells: string[]) => cells.map(cell).join(gap).trimEnd()
  const width = spanWidth(widths, 0, widths.length)
  const rule = '-'.repeat(width)
  return { lines: [...heads.map((head) => headLine(head, widths, left)), rule, ...rows.map(line), ...(foot ? [rule, line(foot)] : [])], width }
}

function columnWidths ({ widths: least, heads, rows, foot }: TextTable): number[] {
  const widths = least.map((width, i) => [...rows, ...(foot ? [foot] : [])].reduce((most, row) => Math.max(most, row[i]?.length ?? 0), width))
  for (const head of heads) {
    let first = 0
    for (const [text, columns] of head) {
      const last = first + columns - 1
      widths[last] = Math.max(widths[last] ?? 0, (widths[last] ?? 0) + text.length - spanWidth(widths, first, columns))
      first += columns
    }
  }
  return widths
}

function spanWidth (widths: readonly number[], first: number, columns: number): number {
  return widths.slice(first, first + columns).reduce((sum, width) => sum + width, 0) + gap.length * (columns - 1)
}

/** Headings of one column stand as its values do, others in the middle of their columns. */
function headLine (head: readonly Head[], widths: readonly number[], left: readonly number[]): string {
  let first = 0
  return head.map(([text, columns]) => {
    const width = spanWidth(widths, first, columns)
    const isLeft = left.includes(first)
    first += columns
    if (columns > 1) return centre(text, width)
    return isLeft ? text.padEnd(width) : text.padStart(width)
  }).join(gap).trimEnd()
}

/** Rounded to so many decimals, thousands parted where `grouped`; without the sign of a zero. */
export function numberText (value: number | undefined, digits: number, grouped = false): string {
  if (value === undefined) return missing
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: grouped }).replace(/^-(?=[0.,]*$)/, '')
}
