/** One row of CSV without its line end, as PostgreSQL's COPY writes and reads it: nothing is null, "" an empty text. */
export function csvLine (cells: readonly (string | null)[]): string {
  return cells.map(csvCell).join(',')
}

function csvCell (text: string | null): string {
  if (text === null) return ''
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The rows of a CSV text whose lines all end with a line feed. Throws where it is no such text. */
export function parseCsv (text: string): (string | null)[][] {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))([,\n])/y
  const rows: (string | null)[][] = []
  let row: (string | null)[] = []
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex
    const found = cell.exec(text)
    if (found === null) throw new Error(`not CSV: character ${at}`)
    const [, quoted, plain, end] = found
    row.push(quoted === undefined ? plain || null : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  if (row.length > 0) throw new Error('not CSV: the last line has no end')
  return rows
}
