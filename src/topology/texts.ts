import type { MapNode, Quality } from './mesh.js'

/** Every text of the map. */
export const mapTexts = {
  title: 'Map of the mesh',
  describe: ({ nodes, links, marked, route }: { nodes: number, links: number, marked: number, route: readonly string[] }) =>
    `${nodes} ${nodes === 1 ? 'node' : 'nodes'} and ${links} ${links === 1 ? 'link' : 'links'}, north up; ${marked === 0 ? 'none' : marked} of them with an open issue.${route.length > 1 ? ` The route from ${route[0]} to ${route.at(-1)} has ${route.length - 1} ${route.length === 2 ? 'hop' : 'hops'}.` : ''}`,
  statuses: { active: '', inactive: 'silent', dead: 'silent for over a day', unknown: 'known from others only' } satisfies Record<MapNode['status'], string>,
  spots: { coordinates: '', square: 'placed by its grid square', edge: 'outside of this map', links: 'tells no place: stands beside its neighbours', nothing: 'tells no place, and nobody tells of a link to it' },
  leftOut: (count: number) => `${count} more ${count === 1 ? 'link' : 'links'} not drawn`,
  hop: (number: number, from: string, to: string) => `Hop ${number}: ${from} to ${to}`,
  noLink: 'no link reported',
  noReport: 'no report within an hour',
  empty: 'No node is known yet.',
  legend: 'Links by ETX',
  legendTitle: 'What the colours, dashes and shapes of the map mean',
  qualities: { good: 'below 1.25', fair: '1.25 to 2', poor: '2 to 4', bad: '4 and more', unknown: 'unknown', silent: 'silent' } satisfies Record<Quality, string>,
  media: { rf: 'radio', tunnel: 'tunnel', dtd: 'cable', xlink: 'cross-link' } as Readonly<Record<string, string>>,
  nodes: { active: 'heard', inactive: 'silent', dead: 'over a day' },
  issue: 'open issue',
} as const
