import { formTexts as texts } from '../texts/forms.js'

/** Who does it, and why. */
export function Who ({ id, isNoteNeeded = false }: { id: string, isNoteNeeded?: boolean }) {
  return (
    <>
      <p><label for={`${id}-by`}>{texts.by}</label> <input id={`${id}-by`} name='by' required maxLength={64} autocomplete='nickname' placeholder={texts.byExample} /></p>
      <p><label for={`${id}-note`}>{texts.note}</label> <input id={`${id}-note`} name='note' maxLength={2000} required={isNoteNeeded} autocomplete='off' /></p>
    </>
  )
}
