import type { MaintenanceBody } from '../../http/schemas/maintenance.js'
import { Who } from '../parts/form.js'
import { Time } from '../parts/time.js'
import { renderPage, type View } from '../page.js'
import { formTexts } from '../texts/forms.js'
import { maintenanceTexts as texts } from '../texts/maintenance.js'

export interface MaintenanceDocument { works: MaintenanceBody[] }

/** Announced work, in force and to come, and a form for more. */
export function drawMaintenance (view: View, { works }: MaintenanceDocument): string {
  const action = view.href({ to: 'maintenance' })
  return renderPage(view, {
    title: texts.title,
    section: 'maintenance',
    children: (
      <>
        <h1>{texts.title}</h1>
        <p class='hint'>{texts.hint}</p>
        {works.length === 0
          ? <p>{texts.none}</p>
          : (
            <div class='scroll' tabIndex={0} role='region' aria-label={texts.title}>
              <table>
                <thead><tr>{texts.columns.map((name) => <th key={name} scope='col'>{name}</th>)}</tr></thead>
                <tbody>
                  {works.map((work) => (
                    <tr key={work.id}>
                      <td>{work.subject ?? work.pattern}</td><td><Time at={work.from} /></td><td><Time at={work.until} /></td><td>{work.reason}</td><td>{work.by}</td>
                      <td>{view.isLive && <form method='post' action={`${action}/${work.id}/end`}><button type='submit' aria-label={`${texts.end}: ${work.subject ?? work.pattern ?? ''}`}>{texts.end}</button></form>}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            )}
        {view.isLive && <AnnounceForm action={action} />}
      </>
    ),
  })
}

function AnnounceForm ({ action }: { action: string }) {
  return (
    <section aria-labelledby='announce'>
      <h2 id='announce'>{texts.announce}</h2>
      <form method='post' action={action} class='form'>
        <p><label for='subject'>{texts.subject}</label> <input id='subject' name='subject' required maxLength={1000} autocomplete='off' aria-describedby='subject-hint' /></p>
        <p class='hint' id='subject-hint'>{texts.subjectHint}</p>
        <p><label for='from'>{texts.from}</label> <input id='from' name='from' type='datetime-local' /></p>
        <p><label for='hours'>{formTexts.lasts}</label> <select id='hours' name='hours'>{Object.entries(formTexts.durations).map(([hours, text]) => <option key={hours} value={hours}>{text}</option>)}</select></p>
        <Who id='announce' />
        <p><button type='submit'>{texts.announce}</button></p>
      </form>
    </section>
  )
}
