/** Of the tables of nodes, links and paths. */
export const tableTexts = {
  nothing: 'Nothing matches.',
  total: (count: number) => `${count} ${count === 1 ? 'row' : 'rows'}`,
  page: (page: number, pages: number) => `page ${page} of ${pages}`,
  previous: 'Previous page',
  next: 'Next page',
  moreIssues: (count: number) => `and ${count} more`,
  any: 'any',
  search: 'Name contains',
  node: 'Of the node',
  show: 'Show',
  lastSeen: 'Last seen',
  issues: 'Open issues',
  cut: (most: number) => `There are more than ${most}: filter by name to see the others.`,
} as const

export const nodesTexts = {
  title: 'Nodes',
  columns: { node: 'Node', kind: 'Kind', status: 'Status', version: 'Version', model: 'Model', cpu: 'CPU, %', memory: 'Memory free, MB', load: 'Load', battery: 'Battery, %', crashes: 'Crashes, 7 d' },
  trend: 'CPU or load, 24 h',
  kinds: { router: 'router', companion: 'companion', repeater: 'repeater' },
  statuses: { active: 'active', inactive: 'silent', dead: 'silent for a day', retired: 'retired' },
} as const

export const linksTexts = {
  title: 'Links',
  hint: 'Two figures in a cell: what the end named first says, then the other. Reported within 24 hours.',
  columns: { link: 'Link', medium: 'Medium', lq: 'LQ', nlq: 'NLQ', etx: 'ETX', signal: 'Signal, dBm', snr: 'SNR, dB', cost: 'Cost' },
  trend: 'LQ, 24 h',
  medium: 'Medium',
  only: { '': 'all', issues: 'with open issues', 'one-way': 'told by one end only' },
} as const

export const pathsTexts = {
  title: 'Paths',
  hint: 'Measured within 24 hours. Average and 95th percentile are of the last hour.',
  columns: { path: 'Path', now: 'now', average: '1 h', p95: 'p95', worstHop: 'Worst hop', hops: 'Hops' },
  groups: { rtt: 'Round trip, ms', jitter: 'Jitter, ms', loss: 'Loss, %' },
  trend: 'Round trip, 24 h',
  only: { '': 'all', issues: 'with open issues', quiet: 'not measured for an hour' },
  etx: (etx: number) => `ETX ${etx.toFixed(2)}`,
} as const
