/** One thing that was looked at, in words for an operator. */
export interface Finding {
  /** What was looked at: `port`, `clock`, `login Hill`. */
  check: string
  state: 'ok' | 'warning' | 'problem'
  text: string
  /** What to do, one step a line. */
  remedy?: string[]
}

export const ok = (check: string, text: string): Finding => ({ check, state: 'ok', text })
export const warning = (check: string, text: string, ...remedy: string[]): Finding => ({ check, state: 'warning', text, remedy })
export const problem = (check: string, text: string, ...remedy: string[]): Finding => ({ check, state: 'problem', text, remedy })

const marks = { ok: 'ok     ', warning: 'warning', problem: 'PROBLEM' }

export function printFinding ({ check, state, text, remedy = [] }: Finding): string {
  return [`${marks[state]}  ${check}: ${text}`, ...remedy.map((step) => `           - ${step}`)].join('\n')
}
