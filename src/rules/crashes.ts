/** A crash that its node reported. */
export interface Report { ms: number, signal: string | null, thread: string | null, operation: string | null, memoryMb: number | null, uptimeS: number | null }

/** A restart seen by its count: `n` crashes. `startMs`: when the process now running started. */
export interface Rise { ms: number, n: number, startMs: number }

/** What is known of a node's crashes, oldest first. */
export interface CrashMemory { reports: Report[], rises: Rise[] }

/** A crash, or several that were told as one. */
export interface Crash { ms: number, n: number, report: Report | null }

/** More of them say nothing more. */
const keptEvents = 50
/** The same start told by two reports of health: uptimes are whole seconds, and clocks are set meanwhile. */
const sameStartMs = 60_000

/** Adds what is new; what was seen before, by the same time or the same start, counts once. */
export function remember (memory: CrashMemory | null, seen: { reports: Report[], rises: Rise[] }, oldestMs: number): CrashMemory {
  const reports = [...memory?.reports ?? []]
  for (const report of seen.reports) if (!reports.some(({ ms }) => ms === report.ms)) reports.push(report)
  const rises = [...memory?.rises ?? []]
  for (const rise of seen.rises) if (!rises.some(({ ms, startMs }) => ms === rise.ms || Math.abs(startMs - rise.startMs) < sameStartMs)) rises.push(rise)
  return { reports: newest(reports, oldestMs), rises: newest(rises, oldestMs) }
}

function newest<T extends { ms: number }> (events: T[], oldestMs: number): T[] {
  return events.filter(({ ms }) => ms > oldestMs).sort((a, b) => a.ms - b.ms).slice(-keptEvents)
}

/** The crashes, oldest first. A rise near a report is that crash; what it rose by beyond the reports near it are further ones. */
export function crashesOf ({ reports, rises }: CrashMemory, sameCrashMs: number): Crash[] {
  const told = reports.map((report): Crash => ({ ms: report.ms, n: 1, report }))
  const further = rises.map(({ ms, n }): Crash => ({ ms, n: n - reports.filter((report) => Math.abs(report.ms - ms) <= sameCrashMs).length, report: null }))
  return [...told, ...further.filter(({ n }) => n > 0)].sort((a, b) => a.ms - b.ms)
}

export function countCrashes (crashes: Crash[], afterMs: number): number {
  return crashes.reduce((sum, { ms, n }) => ms > afterMs ? sum + n : sum, 0)
}
