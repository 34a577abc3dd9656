import { formTexts } from '../texts/forms.js'

/** A field of a filter: text, or one of some values. */
export interface FilterField { name: string, label: string, value: string | undefined, values?: readonly (readonly [value: string, text: string])[] }

/** A form that asks for the same page with less on it. `kept` stays as it is. */
export function Filter ({ action, fields, kept = {} }: { action: string, fields: readonly FilterField[], kept?: Readonly<Record<string, string | undefined>> }) {
  return (
    <form class='filter' method='get' action={action}>
      {fields.map(({ name, label, value, values }) => (
        <p key={name}>
          <label for={`filter-${name}`}>{label}</label>{' '}
          {values === undefined
            ? <input id={`filter-${name}`} name={name} value={value ?? ''} maxLength={128} autocomplete='off' />
            : <select id={`filter-${name}`} name={name}>{values.map(([one, text]) => <option key={one} value={one} selected={one === (value ?? '')}>{text}</option>)}</select>}
        </p>
      ))}
      {Object.entries(kept).map(([name, value]) => value !== undefined && <input key={name} type='hidden' name={name} value={value} />)}
      <p><button type='submit'>{formTexts.filter}</button></p>
    </form>
  )
}
