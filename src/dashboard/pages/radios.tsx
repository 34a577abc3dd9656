import { renderPage, type View } from '../page.js'
import { chargeText, StateBadge, voltageText, type RadioFacts } from '../parts/radio-facts.js'
import { Time } from '../parts/time.js'
import { radioTexts as texts } from '../texts/radios.js'

/** Every radio that is polled. */
export function drawRadios (view: View, radios: RadioFacts[]): string {
  return renderPage(view, {
    title: texts.title,
    section: 'radios',
    children: (
      <>
        <h1>{texts.title}</h1>
        {radios.length === 0
          ? <p class='hint'>{texts.none}</p>
          : (
            <div class='scroll' tabIndex={0} role='region' aria-label={texts.title} data-live id='radios'>
              <table>
                <thead><tr>{[texts.radioColumn, texts.kind, texts.state, texts.battery, texts.charge, texts.observed].map((name) => <th key={name} scope='col'>{name}</th>)}</tr></thead>
                <tbody>
                  {radios.map(({ id, name, kind, state, readings, observedAt }) => (
                    <tr key={id}>
                      <th scope='row'><a href={view.href({ to: 'radio', node: id })}>{name}</a></th><td>{texts.kinds[kind]}</td><td><StateBadge state={state} /></td>
                      <td>{voltageText(readings)}</td><td>{chargeText(readings)}</td><td>{observedAt === null ? '—' : <Time at={observedAt} />}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            )}
      </>
    ),
  })
}
