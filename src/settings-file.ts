const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/

/**
 * `NAME=value` lines as meshcore-stats reads them: comments begin with # at the start of a line or after a blank, a value may stand
 * in quotes and then is taken as it is (a # in a password, blanks at the ends). Lines of another form are left out.
 */
export function parseSettingsFile (text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const [, name, rest] = assignment.exec(line) ?? []
    if (name !== undefined && rest !== undefined) values[name] = parseValue(rest.trim())
  }
  return values
}

function parseValue (text: string): string {
  const quote = text[0]
  if (quote === '"' || quote === "'") {
    const end = text.indexOf(quote, 1)
    return end === -1 ? text.slice(1) : text.slice(1, end)
  }
  return text.replace(/(^|\s)#.*$/, '').trim()
}
