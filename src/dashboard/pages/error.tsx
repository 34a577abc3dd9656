import { renderPage, type View } from '../page.js'
import { errorTexts as texts } from '../texts/error.js'

/** A page for what went wrong: `detail` says what, as the API's answers do. */
export function drawError (view: View, { status, detail }: { status: number, detail: string }): string {
  const title = status === 404 ? texts.notFound : status === 503 ? texts.away : texts.failed
  return renderPage(view, {
    title,
    section: null,
    children: <><h1>{title}</h1><p>{detail}</p><p><a href={view.href({ to: 'overview' })}>{texts.home}</a></p></>,
  })
}
