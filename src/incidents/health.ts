/** Incidents that are not closed, counted by all that health looks at. */
export interface OpenCount {
  severity: 'minor' | 'major' | 'critical'
  category: string
  acknowledged: boolean
  stale: boolean
  in_maintenance: boolean
  n: number
}

/** Nodes that are not retired, counted by all that health looks at. */
export interface NodeCount {
  status: 'active' | 'inactive' | 'dead'
  /** It usually sends within the time after which nothing is known (30 min), and was heard within a day. */
  due: boolean
  /** Heard within that time. */
  heard: boolean
  n: number
}

export interface Health {
  state: 'green' | 'yellow' | 'red' | 'unknown'
  /** Only what counts: neither acknowledged nor stale, in maintenance or about the quality of data. */
  open: { critical: number, major: number, minor: number }
  nodes: { active: number, inactive: number, dead: number }
}

/**
 * How the mesh is. Unknown where nothing that is due is heard: then the absence of issues says nothing. Where no node is due, because all send rarely,
 * one that is active is enough.
 */
export function overallHealth (incidents: OpenCount[], nodes: NodeCount[]): Health {
  const open = { critical: 0, major: 0, minor: 0 }
  for (const incident of incidents) if (counts(incident)) open[incident.severity] += incident.n
  const byStatus = { active: 0, inactive: 0, dead: 0 }
  for (const { status, n } of nodes) byStatus[status] += n
  return { state: stateOf(open, isHeard(nodes)), open, nodes: byStatus }
}

function counts ({ category, acknowledged, stale, in_maintenance: inMaintenance }: OpenCount): boolean {
  return category !== 'data_quality' && !acknowledged && !stale && !inMaintenance
}

function isHeard (nodes: NodeCount[]): boolean {
  const due = nodes.filter((node) => node.due && node.n > 0)
  return due.length > 0 ? due.some(({ heard }) => heard) : nodes.some(({ status, n }) => status === 'active' && n > 0)
}

function stateOf ({ critical, major, minor }: Health['open'], heard: boolean): Health['state'] {
  if (!heard) return 'unknown'
  if (critical > 0) return 'red'
  return major + minor > 0 ? 'yellow' : 'green'
}
