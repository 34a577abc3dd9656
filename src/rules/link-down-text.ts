import type { Scope } from '../incidents/subject.js'
import type { Judged, Reports, Settings } from './link-down.js'
import type { Finding } from './rule.js'
import { isoOf } from './sql.js'

type Link = Omit<Extract<Scope, { type: 'link' }>, 'type'>

const mostPoints = 60
const names: Record<string, string> = { rf: 'radio link', dtd: 'DtD cable', xlink: 'Xlink', tunnel: 'tunnel' }

/** Which ends say so, whom it cuts off, and where to look first. */
export function describe ({ a, b, medium }: Link, { both, ends, downMs }: Reports, settings: Settings): Finding {
  const cutOff = both.filter(({ connectedMs }) => connectedMs === null || connectedMs < downMs).map(({ node }) => node)
  const silent = both.filter((end) => !ends.includes(end)).map(({ node }) => node)
  const name = names[medium] ?? `${medium} link`
  const parts = [
    `The ${name} between ${a} and ${b} is down: ${ends.map(saidBy).join(', and ')}`,
    ...silent.map((node) => `${node} sends no reports since`),
    ...cutOff.length === 0 ? [] : [`no node that reports reaches ${cutOff.join(' or ')} any more`],
  ]
  const points = ends.flatMap(({ reports }) => reports.map(([ms, said]): [number, number] => [ms, said === 'up' ? 1 : said === 'heard' ? 0.5 : 0])).sort(([x], [y]) => x - y)
  return {
    severity: cutOff.length > 0 ? 'critical' : 'major',
    cause: `${parts.join('; ')}.`,
    nextSteps: stepsOf({ a, b, medium }, silent, cutOff),
    evidence: {
      metric: 'link_up', unit: '', open: 0, clear: 1, points: points.slice(-mostPoints).map(([ms, up]) => [isoOf(ms), up]),
      reported_by: ends.map(({ node }) => node), cut_off: cutOff, down_reports: settings.down_reports,
    },
  }
}

function saidBy ({ node, reports, run }: Judged): string {
  const [, newest] = reports[0] ?? []
  const count = run === 1 ? 'the last report' : `the last ${run} reports`
  return newest === 'absent' ? `it is missing in ${count} of ${node}` : `in ${count} of ${node} nothing comes through`
}

function stepsOf ({ a, b, medium }: Link, silent: string[], cutOff: string[]): string[] {
  const dead = silent.filter((node) => cutOff.includes(node))
  return [
    ...dead.flatMap((node) => [
      `Check power and hardware of ${node}: all that is known of it went away at once`,
      `See whether ${node} was renamed: under another name it is another node. If it was, or is gone for good, retire ${node}, which closes this`,
    ]),
    ...placesOf({ a, b, medium }),
    ...cutOff.length > 0 ? [`Give ${cutOff.join(' and ')} a second way into the mesh`] : [`Check whether traffic between ${a} and ${b} found a way round that carries it`],
  ]
}

function placesOf ({ a, b, medium }: Link): string[] {
  switch (medium) {
    case 'rf': return [`Check the antennas, the channel and the channel width of ${a} and ${b}: both must be the same`, 'See on either node whether the other one was blocked in LQM']
    case 'tunnel': return [`Check the internet access of ${a} and ${b}`, `See whether the tunnel between ${a} and ${b} is still enabled at both ends and its server reachable`]
    default: return [`Check the cable, switch ports and VLANs between ${a} and ${b}`]
  }
}
