import { renderPage, type View } from '../page.js'
import { loginTexts as texts } from '../texts/login.js'

export function drawLogin (view: View, { isNeeded, isWrong }: { isNeeded: boolean, isWrong: boolean }): string {
  return renderPage(view, {
    title: texts.title,
    section: null,
    children: (
      <>
        <h1>{texts.title}</h1>
        {!isNeeded && <p>{texts.notNeeded}</p>}
        {isWrong && <p class='notice' role='alert'>{texts.wrong}</p>}
        {isNeeded && (
          <form method='post' action={view.href({ to: 'login' })} class='form'>
            <p><label>{texts.token} <input type='password' name='token' required autocomplete='current-password' /></label></p>
            <p><button type='submit'>{texts.send}</button></p>
            <p class='hint'>{texts.hint}</p>
          </form>
        )}
      </>
    ),
  })
}
