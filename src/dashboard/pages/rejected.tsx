import type { RejectedBody } from '../../http/schemas/rejected.js'
import { Filter } from '../parts/filter.js'
import { ShortTable } from '../parts/table.js'
import { Time } from '../parts/time.js'
import { renderPage, type View } from '../page.js'
import type { Column } from '../table.js'
import { rejectedTexts as texts } from '../texts/rejected.js'

export interface RejectedForm { address?: string, q?: string }

export interface RejectedDocument {
  form: RejectedForm
  messages: RejectedBody[]
  /** Cursor of the next page. */
  next: string | null
}

/** A page of whole messages would be a megabyte. */
const shown = { summary: 60, body: 1500, errors: 10 }
const { columns: labels } = texts

const columns: readonly Column<RejectedBody>[] = [
  { name: 'time', label: labels.time, cell: (row) => <Time at={row.received_at} /> },
  { name: 'address', label: labels.address, cell: ({ address }, view) => address !== null && <a href={view.href({ to: 'rejected', query: { address } })}>{address}</a> },
  { name: 'reason', label: labels.reason, cell: (row) => <Reason row={row} /> },
  { name: 'body', label: labels.body, cell: (row) => <Body row={row} /> },
]

/** What was not stored, with what was wrong. */
export function drawRejected (view: View, { form, messages, next }: RejectedDocument): string {
  return renderPage(view, {
    title: texts.title,
    section: 'rejected',
    children: (
      <>
        <h1>{texts.title}</h1>
        <p class='hint'>{texts.hint}</p>
        <Filter action={view.href({ to: 'rejected' })} fields={[{ name: 'address', label: texts.address, value: form.address }, { name: 'q', label: texts.text, value: form.q }]} />
        {messages.length === 0 ? <p>{texts.none}</p> : <ShortTable columns={columns} rows={messages} view={view} label={texts.title} />}
        {next !== null && <p><a rel='next' href={view.href({ to: 'rejected', query: { ...form, cursor: next } })}>{texts.older}</a></p>}
      </>
    ),
  })
}

function Reason ({ row: { reason, errors } }: { row: RejectedBody }) {
  const lines = errors.slice(0, shown.errors).map(errorText).filter((line) => line !== '' && !reason.includes(line))
  return <>{reason}{lines.length > 0 && <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul>}</>
}

/** Usually {path, message}. */
function errorText (error: unknown): string {
  const { path, message }: { path?: unknown, message?: unknown } = typeof error === 'object' && error !== null ? error : {}
  return [path, message].filter((part) => typeof part === 'string' && part !== '').join(' ')
}

function Body ({ row: { id, body, body_bytes: bytes, truncated } }: { row: RejectedBody }) {
  if (body === '') return <>{texts.empty}</>
  return (
    <details id={`body-${id}`}>
      <summary><code>{body.slice(0, shown.summary)}</code>{body.length > shown.summary && '…'} <small>{texts.bytes(bytes)}</small></summary>
      <pre tabIndex={0}>{body.slice(0, shown.body)}</pre>
      {(truncated || body.length > shown.body) && <p class='hint'>{texts.clipped(bytes)}</p>}
    </details>
  )
}
