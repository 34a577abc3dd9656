export interface Column { name: string, isNumber: boolean }

/** Rows as psql prints them: a head, a rule, numbers to the right, a count. Cells are not cut. */
export function printTable (columns: Column[], rows: (string | null)[][]): string {
  const cells = rows.map((row) => row.map((cell) => cell ?? ''))
  const widths = columns.map(({ name }, i) => cells.reduce((width, row) => Math.max(width, row[i]!.length), name.length))
  const line = (row: string[], pad: (text: string, i: number) => string) => row.map((text, i) => ` ${pad(text, i)} `).join('|').trimEnd()
  const centre = (text: string, i: number) => text.padStart((widths[i]! + text.length) >> 1).padEnd(widths[i]!)
  const align = (text: string, i: number) => columns[i]!.isNumber ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)
  return [
    line(columns.map(({ name }) => name), centre),
    widths.map((width) => '-'.repeat(width + 2)).join('+'),
    ...cells.map((row) => line(row, align)),
    `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`,
  ].join('\n')
}
