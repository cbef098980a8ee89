/** The greys of structure, for the canvases, in both themes. */

import type { Rgb } from "../state/palette";

export interface Theme {
  background: Rgb;
  /** Beneath what is one in the skeleton. */
  hull: Rgb;
  /** Weakest and strongest edge. */
  weak: Rgb;
  strong: Rgb;
  accent: Rgb;
  text: Rgb;
}

const LIGHT: Theme = {
  background: [252, 252, 251],
  hull: [236, 238, 242],
  weak: [217, 220, 225],
  strong: [92, 98, 108],
  accent: [20, 23, 28],
  text: [70, 75, 84],
};

const DARK: Theme = {
  background: [18, 20, 23],
  hull: [31, 35, 40],
  weak: [52, 57, 64],
  strong: [178, 184, 194],
  accent: [250, 251, 252],
  text: [190, 196, 205],
};

export const themeOf = (dark: boolean): Theme => (dark ? DARK : LIGHT);
