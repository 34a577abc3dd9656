type Cell = string | number | boolean | object | null

/** Rows as psql prints them: a head, a rule, right-aligned numbers, a count. Cells are cut at no length. */
export function printTable (columns: string[], rows: Cell[][]): string {
  const cells = rows.map((row) => row.map(showCell))
  const widths = columns.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]!.length)))
  const numeric = columns.map((_, i) => rows.some((row) => row[i] !== null) && rows.every((row) => row[i] === null || typeof row[i] === 'number'))
  const line = (row: string[], pad: (text: string, i: number) => string) => row.map((text, i) => ` ${pad(text, i)} `).join('|').trimEnd()
  return [
    line(columns, (text, i) => text.padStart((widths[i]! + text.length) >> 1).padEnd(widths[i]!)),
    widths.map((width) => '-'.repeat(width + 2)).join('+'),
    ...cells.map((row) => line(row, (text, i) => numeric[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))),
    `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`,
  ].join('\n')
}

export function showCell (cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell === 'boolean') return cell ? 't' : 'f'
  if (Buffer.isBuffer(cell)) return `\\x${cell.toString('hex')}`
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}
