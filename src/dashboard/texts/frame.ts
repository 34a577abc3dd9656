/** Every text of the dashboard stands in this folder, one file a page. */
export const frameTexts = {
  skip: 'Skip to the content',
  menu: 'Pages',
  api: 'API',
  snapshot: 'A snapshot, written by meshmon site.',
  notLive: 'Reload to see changes',
  sections: {
    overview: 'Overview',
    issues: 'Issues',
    topology: 'Map',
    nodes: 'Nodes',
    links: 'Links',
    paths: 'Paths',
    radios: 'Radios',
    sites: 'Places',
    reports: 'Reports',
    rules: 'Rules',
    maintenance: 'Maintenance',
    rejected: 'Rejected',
  },
} as const

export const healthTexts = {
  states: { green: 'The mesh is well', yellow: 'Something is wrong', red: 'Critical', unknown: 'Nothing is heard' },
  open: (count: number) => `${count} open ${count === 1 ? 'issue' : 'issues'}`,
} as const
