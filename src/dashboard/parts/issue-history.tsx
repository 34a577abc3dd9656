import type { IssueBody } from '../../http/schemas/issues.js'
import type { View } from '../page.js'
import { detailTexts as texts } from '../texts/details.js'
import { IssueList } from './issue-card.js'

/** Open issues of something, and those of its last weeks. */
export function IssueHistory ({ open, past, view }: { open: IssueBody[], past: IssueBody[], view: View }) {
  return (
    <>
      <h2>{texts.openIssues}</h2>
      {open.length === 0 ? <p>{texts.noIssues}</p> : <IssueList issues={open} view={view} />}
      {past.length > 0 && <details id='past'><summary>{texts.pastIssues} ({past.length})</summary><IssueList issues={past} view={view} /></details>}
    </>
  )
}
