import { printFinding, type Finding } from '../doctor/finding.js'

/** Prints findings one by one, for people or as JSON, a line each. The exit code is 1 once one of them is a problem. */
export function findingPrinter (asJson?: boolean): (finding: Finding) => void {
  return (finding) => {
    if (finding.state === 'problem') process.exitCode = 1
    process.stdout.write(asJson ? `${JSON.stringify(finding)}\n` : `${printFinding(finding)}\n`)
  }
}
