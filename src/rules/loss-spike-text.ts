import type { Scope } from '../incidents/subject.js'
import type { LossMatch, LossSettings } from './loss-spike.js'
import { meanOf, type PathRow } from './path-rows.js'
import { formatNumber, lookAlong, pathName, pointsOf } from './path-text.js'
import type { Finding } from './rule.js'

interface Lost { rows: PathRow[], scope: Scope, route: string[] | null }

/** What a person reads of packets that get lost, but for how bad it is. */
export function describeLoss (match: LossMatch, { rows, scope, route }: Lost, settings: LossSettings): Omit<Finding, 'severity'> {
  const newest = rows.at(-1)!
  const isStatus = newest.isStatus
  return {
    cause: causeOf(match, newest, scope, settings),
    nextSteps: newest.value === 100 ? stepsWhereCutOff(route, scope) : stepsWhereLossy(route, scope),
    evidence: {
      metric: 'loss_pct', unit: '%', open: isStatus ? settings.status_open_pct : settings.open_pct, clear: isStatus ? settings.status_clear_pct : settings.clear_pct,
      points: pointsOf(rows), loss_pct: Math.round(newest.value * 10) / 10, mean_pct: Math.round(meanOf(match.windows) * 10) / 10, windows: match.windows.length, ...(route !== null && { route }),
    },
  }
}

function causeOf ({ how, windows }: LossMatch, newest: PathRow, scope: Scope, { open_pct: openPct, slow_pct: slowPct, slow_window_s: slowWindowS, last_rows: lastRows }: LossSettings): string {
  const path = pathName(scope)
  const mean = formatNumber(meanOf(windows))
  const count = windows.length
  if (newest.value === 100) return `Every packet from ${path} is lost: the far end, or a node or link on the way to it, is down or cut off.`
  switch (how) {
    case 'run': return `${mean} % of the packets from ${path} were lost in the last ${count} windows, each above ${formatNumber(openPct)} %: a weak or disturbed link on the way.`
    case 'some': return `${mean} % of the packets from ${path} were lost in ${count} of the last ${lastRows} windows, each above ${formatNumber(openPct)} %: a link on the way that comes and goes.`
    case 'slow': return `${mean} % of the packets from ${path} were lost over ${formatNumber(slowWindowS / 60)} min, every one of ${count} windows above ${formatNumber(slowPct)} %: a steady light disturbance of a link on the way.`
    default: return `${mean} % of the packets from ${path} were lost over the last ${count} windows of 10 packets each: a weak or disturbed link on the way.`
  }
}

function stepsWhereLossy (route: string[] | null, scope: Scope): string[] {
  return [
    lookAlong(route, scope),
    'Check antenna, cable and alignment of the weakest of them, and the channel for other stations',
    'Compare with other paths over the same nodes: where those are fine, look at the two ends',
  ]
}

function stepsWhereCutOff (route: string[] | null, scope: Scope): string[] {
  if (scope.type !== 'path') return []
  const before = route?.at(-2)
  return [
    `Check that ${scope.dst} has power and is up`,
    before !== undefined && before !== scope.src ? `Ask ${before}, the last node before it, for ${scope.dst}: where that fails, the link between them is down` : `Check the link between ${scope.src} and ${scope.dst}`,
    'See which other paths fail: all to one node, that node; all through one node, that one',
  ]
}
