import type { IssueReferenceBody } from '../../http/schemas/issues.js'
import type { Place, Placed } from '../../places/group.js'
import { IssueRefs } from '../parts/figure.js'
import { ShortTable } from '../parts/table.js'
import { renderPage, type View } from '../page.js'
import type { Column } from '../table.js'
import { sitesTexts as texts } from '../texts/places.js'

interface SiteRow extends Place { issues: IssueReferenceBody[] }

export interface SitesDocument { places: SiteRow[] }

const { columns: labels } = texts

const columns: readonly Column<SiteRow>[] = [
  { name: 'place', label: labels.place, cell: ({ name }, { href }) => <a href={href({ to: 'site', name })}>{name}</a> },
  { name: 'nodes', label: labels.nodes, cell: ({ members }, view) => <Members members={members.filter(({ kind }) => kind === 'router')} view={view} /> },
  { name: 'radios', label: labels.radios, cell: ({ members }, view) => <Members members={members.filter(({ kind }) => kind !== 'router')} view={view} /> },
  { name: 'issues', label: labels.issues, cell: ({ issues }, view) => <IssueRefs issues={issues} view={view} /> },
  { name: 'by', label: labels.by, cell: ({ isNamed }) => isNamed ? texts.by.file : texts.by.coordinates },
]

/** Every place with who stands there. */
export function drawSites (view: View, { places }: SitesDocument): string {
  return renderPage(view, {
    title: texts.title,
    section: 'sites',
    children: (
      <>
        <h1>{texts.title}</h1>
        <p class='hint'>{texts.hint}</p>
        <div data-live id='sites'>{places.length === 0 ? <p>{texts.none}</p> : <ShortTable columns={columns} rows={places} view={view} label={texts.title} />}</div>
      </>
    ),
  })
}

function Members ({ members, view }: { members: Placed[], view: View }) {
  return <>{members.map(({ id }, i) => <span key={id}>{i > 0 && ', '}<a href={view.href({ to: 'node', id })}>{id}</a></span>)}</>
}
