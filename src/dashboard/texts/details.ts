/** Of the pages of one node, link or path. */
export const detailTexts = {
  charts: 'Charts',
  windows: { day: 'Day', week: 'Week', month: 'Month', year: 'Year' },
  noCharts: 'Nothing was measured in this time.',
  openIssues: 'Open issues',
  pastIssues: 'Closed issues of the last 30 days',
  noIssues: 'None.',
  paths: 'Paths',
  links: 'Links',
  allOf: (count: number) => `All ${count}`,
  onMap: 'On the map',
  none: 'None within a day.',
} as const

export const nodeTexts = {
  radioPage: 'Page of the radio',
  unknown: 'Others name this node; it never sent anything itself.',
  retired: 'Retired: it left the lists, its data stays. A new message brings it back.',
  health: 'What it last said of itself',
  noHealth: 'Nothing within 7 days.',
  crashes: 'Crashes of the last 7 days',
  facts: {
    kind: 'Kind', version: 'Version', model: 'Model', host: 'Address', site: 'Site', location: 'Location', square: 'Grid square', elevation: 'Elevation', first: 'First seen', last: 'Last seen', gap: 'Sends every', pinned: 'Entered by hand', yes: 'yes',
  },
  measures: {
    time: 'At', cpu: 'CPU', memory: 'Memory of the agent', free: 'Free memory', load: 'Load', uptime: 'Up for', restarts: 'Restarts', score: 'Health score', daemon: 'Routing', neighbours: 'Neighbours', queue: 'Waiting messages', reason: 'Reported because',
  },
  crash: { signal: 'Signal', thread: 'Thread', operation: 'Last operation', uptime: 'Up for', memory: 'Memory', cpu: 'CPU', backtrace: 'Backtrace' },
} as const

export const linkTexts = {
  now: 'Now',
  says: (end: string) => `${end} says`,
  silent: 'Nothing within a day.',
  otherMedia: 'Also',
  paths: 'Paths over it, last hour',
  measures: { time: 'At', lq: 'Hears the other (LQ)', signal: 'Signal', noise: 'Noise', snr: 'SNR', rate: 'Transmit rate', rxcost: 'Receive cost', txcost: 'Transmit cost', quality: 'Quality', routable: 'Routes go over it', yes: 'yes', no: 'no', etx: 'ETX', hour: 'Last hour', distance: 'Distance', bearing: 'Direction' },
  bearings: (there: string, back: string) => `${there} there, ${back} back`,
  hour: (n: number, lq: string, nlq: string, etx: string) => `LQ ${lq}, NLQ ${nlq}, ETX ${etx} from ${n} ${n === 1 ? 'report' : 'reports'}`,
} as const

export const pathTexts = {
  now: 'Now',
  silent: 'Not measured within a day.',
  reverse: 'Other direction',
  distrusted: 'The times of this agent are wrong and count nowhere.',
  measures: { time: 'At', rtt: 'Round trip', jitter: 'Jitter', loss: 'Loss', now: 'now', hour: 'last hour', p95: 'p95' },
  route: 'Route now',
  noRoute: 'The agent did not say which way the packets went.',
  hop: { hop: 'Hop', medium: 'Medium', lq: 'LQ', nlq: 'NLQ', etx: 'ETX', rtt: 'Round trip, ms', signal: 'Signal, dBm', snr: 'SNR, dB' },
  changes: 'Route changes of the last 24 hours',
  noChanges: 'None.',
} as const
