import type { EvaluationBody, RuleInfo, SettingsBody } from '../../http/schemas/rules.js'
import { figure } from '../parts/figure.js'
import { Markup } from '../parts/markup.js'
import { ShortTable } from '../parts/table.js'
import { Time } from '../parts/time.js'
import { renderPage, type View } from '../page.js'
import type { Column } from '../table.js'
import { rulesTexts as texts } from '../texts/rules.js'

/** A rule with its newest evaluation and the course of how long the last ones took. */
export interface RuleRow extends RuleInfo { last: EvaluationBody | null, failures: number, spark: string }

export interface RulesDocument { engine: SettingsBody, rules: RuleRow[] }

const { columns: labels } = texts

const columns: readonly Column<RuleRow>[] = [
  { name: 'rule', label: labels.rule, cell: ({ name, enabled }) => <><a href={`#rule-${name}`}>{name}</a>{!enabled && <> <span class='flag'>{texts.off}</span></>}</> },
  { name: 'category', label: labels.category, cell: ({ category }) => category.replaceAll('_', ' ') },
  { name: 'scope', label: labels.scope, cell: ({ scope }) => scope },
  { name: 'slot', label: labels.slot, cell: ({ last }) => last === null ? texts.never : <Time at={last.slot} /> },
  { name: 'ms', label: labels.ms, isNumber: true, cell: ({ last }) => figure(last?.ms, 1) },
  { name: 'rows', label: labels.rows, isNumber: true, cell: ({ last }) => figure(last?.rows, 0) },
  { name: 'matches', label: labels.matches, isNumber: true, cell: ({ last }) => figure(last?.matches, 0) },
  { name: 'issues', label: texts.errors, cell: ({ last, failures }) => failures > 0 && <><span class='flag'>{failures}</span> {last?.error}</> },
  { name: 'trend', label: labels.trend, cell: ({ spark }) => <Markup svg={spark} /> },
]

/** The rules with what is in force, how they fare, and a form that tries other numbers. */
export function drawRules (view: View, { engine, rules }: RulesDocument): string {
  return renderPage(view, {
    title: texts.title,
    section: 'rules',
    children: (
      <>
        <h1>{texts.title}</h1>
        <p class='hint'>{texts.hint}</p>
        <ShortTable columns={columns} rows={rules} view={view} label={texts.title} />
        {rules.map((rule) => (
          <details key={rule.name} id={`rule-${rule.name}`} class='rule-settings'>
            <summary>{texts.settings(rule.name)}</summary>
            {view.isLive ? <TryForm rule={rule} view={view} /> : <Settings settings={rule.settings} />}
          </details>
        ))}
        <details id='engine' class='rule-settings'><summary>{texts.engine}</summary><Settings settings={engine} /></details>
      </>
    ),
  })
}

function TryForm ({ rule: { name, settings }, view }: { rule: RuleRow, view: View }) {
  return (
    <form method='post' action={`${view.href({ to: 'rules' })}/${encodeURIComponent(name)}/preview`}>
      <Settings settings={settings} field={name} />
      <p class='hint'>{texts.tryHint}</p>
      <p><label for={`${name}-hours`}>{texts.over}</label> <select id={`${name}-hours`} name='hours'>{Object.entries(texts.hours).map(([hours, text]) => <option key={hours} value={hours}>{text}</option>)}</select> <button type='submit'>{texts.try}</button></p>
    </form>
  )
}

/** With `field` numbers have a field each, whose id begins so. */
function Settings ({ settings, field }: { settings: SettingsBody, field?: string }) {
  const rows = Object.entries(settings)
  const { setting } = texts
  return (
    <div class='scroll' tabIndex={0} role='region' aria-label={field === undefined ? texts.engine : texts.settings(field)}>
      <table>
        <thead><tr><th scope='col'>{setting.name}</th><th scope='col'>{setting.value}</th><th scope='col'>{setting.default}</th>{field !== undefined && <th scope='col'>{setting.tried}</th>}<th scope='col'>{setting.meaning}</th></tr></thead>
        <tbody>
          {rows.map(([key, { value, default: usual, description }]) => (
            <tr key={key}>
              <td><code>{key}</code></td><td>{String(value)}</td><td>{String(usual)}</td>
              {field !== undefined && <td>{typeof value === 'number' && <input id={`${field}-${key}`} name={key} type='number' step='any' value={value} aria-label={`${field} ${key}`} />}</td>}
              <td>{description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
