import { Type } from 'typebox'

/** The settings that every rule has. */
export function common ({ close_after_s: closeAfterS, close_rows: closeRows }: { close_after_s: number, close_rows: number }) {
  return {
    enabled: Type.Boolean({ default: true, description: 'false switches the rule off; what it has open closes' }),
    close_after_s: Type.Integer({ default: closeAfterS, minimum: 0, maximum: 2_592_000, description: 'Rows must be clear over this span before it closes; 0: the first clear row closes' }),
    close_rows: Type.Integer({ default: closeRows, minimum: 1, maximum: 100, description: 'And there must be this many of them' }),
  }
}
