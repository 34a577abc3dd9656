export const sitesTexts = {
  title: 'Places',
  hint: 'Radios and nodes that stand together: by the file of the setting SITES, else within 100 m of each other.',
  none: 'No two nodes or radios are known to stand together. Name your places in a file (SITES), or give nodes and radios their coordinates.',
  all: 'Places',
  columns: { place: 'Place', nodes: 'AREDN nodes', radios: 'MeshCore radios', issues: 'Open issues', by: 'Known by' },
  by: { file: 'SITES', coordinates: 'coordinates' },
} as const

export const placeTexts = {
  members: 'What stands here',
  columns: { node: 'Name', kind: 'Kind', status: 'Status', seen: 'Last seen' },
  timeline: 'What happened in the last 7 days',
  quiet: 'Nothing.',
  cut: (most: number) => `The newest ${most}.`,
  restarted: 'restarted',
  upFor: (span: string) => `after ${span}`,
  began: 'began',
  ended: 'ended',
  events: { breaker_open: 'is asked no more for a while: it did not answer', breaker_closed: 'answers again', login_failed: 'let the radio worker not in' },
  uncharted: (count: number) => `${count} more: their charts are on their own pages.`,
} as const
