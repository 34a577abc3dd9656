export const maintenanceTexts = {
  title: 'Maintenance',
  hint: 'Announced work: issues that it covers open and close as always, but send no message and do not colour the health of the mesh.',
  none: 'No work is announced.',
  announce: 'Announce work',
  subject: 'What',
  subjectHint: 'A node, a pattern of nodes such as Hill* (with all their paths and links), a link a--b or a path a>b.',
  from: 'From (UTC; empty: now)',
  end: 'End',
  columns: ['What', 'From', 'Until', 'Reason', 'By', ''],
} as const
