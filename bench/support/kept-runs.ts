import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/paths.js'
import type { Figure, Tracked } from './bench.js'

/** A run in bench/results/runs.jsonl, one a line. */
export interface KeptRun { at: string, commit: string, machine: string, load: number, numbers: Record<string, number> }

const file = join(packageRoot, 'bench/results/runs.jsonl')
/** Less than this may be noise. */
const worthSayingPct = 20

/** The numbers that are worse by a fifth than in the run kept last on such a machine, a line each. */
export function findFallen (figures: Figure[], machine: string, kept = readRuns()): string[] {
  const runs = kept.filter((run) => run.machine === machine)
  return Object.entries(trackedOf(figures)).flatMap(([name, { value, better }]) => {
    const last = runs.findLast(({ numbers }) => numbers[name] !== undefined)
    if (last === undefined) return []
    const before = last.numbers[name]!
    const worsePct = 100 * (better === 'more' ? before / value - 1 : value / before - 1)
    return worsePct > worthSayingPct ? [`${name} ${round(value)}, worse by ${worsePct.toFixed(0)} % than ${round(before)} of ${last.at.slice(0, 10)} (${last.commit}, load ${last.load})`] : []
  })
}

export function keepRun (figures: Figure[], { at, machine, load }: { at: number, machine: string, load: number }): void {
  const numbers = Object.fromEntries(Object.entries(trackedOf(figures)).map(([name, { value }]) => [name, round(value)]))
  const run: KeptRun = { at: new Date(at).toISOString(), commit: currentCommit(), machine, load: round(load), numbers }
  appendFileSync(file, `${JSON.stringify(run)}\n`)
}

function readRuns (): KeptRun[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as KeptRun)
}

function trackedOf (figures: Figure[]): Record<string, Tracked> {
  return Object.assign({}, ...figures.map(({ numbers = {} }) => numbers)) as Record<string, Tracked>
}

function round (value: number): number {
  return Number(value.toPrecision(4))
}

/** With a + where files differ from it. */
function currentCommit (): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: packageRoot, encoding: 'utf8' }).trim()
  return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`
}
