export const overviewTexts = {
  title: 'Overview',
  heading: 'Open issues',
  map: 'Map',
  nodes: ({ active, inactive, dead }: { active: number, inactive: number, dead: number }) =>
    `${active} ${active === 1 ? 'node' : 'nodes'} heard${inactive > 0 ? `, ${inactive} silent` : ''}${dead > 0 ? `, ${dead} silent for over a day` : ''}.`,
} as const
